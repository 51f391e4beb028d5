package handshake

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"
)

// Server makes a connection that was accepted secure, within ten seconds. A client that
// speaks HTTP without TLS is told so. The error is an [*Error], and the connection is closed
// then.
func Server(ctx context.Context, c *tls.Conn) error {
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()
	err := c.HandshakeContext(ctx)
	if err == nil {
		return nil
	}
	if plain := (tls.RecordHeaderError{}); errors.As(err, &plain) && plain.Conn != nil && looksLikeHTTP(plain.RecordHeader) {
		refuse(plain.Conn)
	}
	c.NetConn().Close()
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	return &Error{Err: err}
}

// looksLikeHTTP reports whether the first bytes are those of a request.
func looksLikeHTTP(first [5]byte) bool {
	switch string(first[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "PATCH", "DELET", "OPTIO", "TRACE", "CONNE", "PRI *":
		return true
	}
	return false
}

// refuse says that TLS is spoken here, in the words of net/http's server.
func refuse(nc net.Conn) {
	_ = nc.SetDeadline(time.Now().Add(time.Second))
	_, _ = io.WriteString(nc, "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")
	// What was not read would make the system reset the connection, and the client might
	// not see why.
	if half, ok := nc.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.Copy(io.Discard, io.LimitReader(nc, 256<<10))
	}
}
