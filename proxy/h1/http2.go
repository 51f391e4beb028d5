package h1

import (
	"bytes"
	"errors"
	"log/slog"
	"net"
	"net/http"
)

// preface is how a connection of HTTP/2 begins (RFC 9113 section 3.4), as far as it is a
// request line.
const preface = "PRI * HTTP/2.0\r\n"

// negotiated reports whether the connection speaks HTTP/2 because its TLS has negotiated
// that.
func (c *conn) negotiated() bool {
	return c.server.config.HTTP2 != nil && c.tls != nil && c.tls.NegotiatedProtocol == "h2"
}

// takesOver reports whether the head was refused because it is the preface of HTTP/2. It is
// only at the beginning of a connection.
func (c *conn) takesOver(err error) bool {
	var r *refusal
	return c.server.config.HTTP2 != nil && !c.used && errors.As(err, &r) && r.status == http.StatusHTTPVersionNotSupported &&
		bytes.HasPrefix(c.Buffered(), []byte(preface))
}

// handOver gives the connection to who speaks HTTP/2.
func (c *conn) handOver() {
	c.taken.Store(true)
	early := c.takeEarly()
	c.server.forget(c)
	c.server.config.HTTP2(&handedConn{c.nc, earlyReader{early, c.nc}})
}

// handedConn is a connection of which something was read already.
type handedConn struct {
	net.Conn
	from earlyReader
}

func (c *handedConn) Read(p []byte) (int, error) { return c.from.Read(p) }

// NetConn returns the connection that was accepted, from which what was read already cannot
// be read again.
func (c *handedConn) NetConn() net.Conn { return c.Conn }

// refuseHTTP1 is why a request is refused where only HTTP/2 is spoken.
func (c *conn) refuseHTTP1() error {
	c.server.tell("a request of HTTP/1 where only HTTP/2 is spoken", slog.String("client", c.remote))
	return refuse(http.StatusHTTPVersionNotSupported, "this server speaks HTTP/2 alone")
}
