// Package h2wire is what a client and a server of HTTP/2 read and write alike: frames
// (RFC 9113 section 4 and 6), the windows of flow control (section 5.2), settings
// (section 6.5), and the fields of a message (section 8). It parses in place, holds no
// connection and starts no goroutine. HPACK is golang.org/x/net/http2/hpack.
package h2wire
