// Package handshake makes connections secure, and says why one could not be made so. A
// client of package router/h1, one of net/http and a server have that in common. All TLS is
// that of crypto/tls.
package handshake
