// Package h1wire has what the client and the server of HTTP/1.1 have in common: how
// fields, framing and chunks are read, and how fields are written (RFC 9112). Both are
// strict in the same way, so that no message is one message to the one and two to the
// other.
package h1wire
