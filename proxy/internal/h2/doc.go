// Package h2 is an HTTP/2 server for any http.Handler, the twin of package h1 (RFC 9113).
// It serves connections whose first byte is that of the preface: who accepts them, and who
// speaks TLS, is elsewhere.
package h2
