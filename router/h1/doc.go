// Package h1 is an HTTP/1.1 client for one endpoint.
package h1
