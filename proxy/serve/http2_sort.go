package serve

import (
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// Serve serves the connections of a listener. Net/http's server gets those that do not speak
// HTTP/2. It would see that by itself, but not in a TLS that is not its own, and it says
// GOAWAY to all of its connections or to none.
func (s *netHTTP) Serve(l net.Listener) error {
	if !s.spoken.HTTP2() && !s.spoken.UnencryptedHTTP2() {
		return s.Server.Serve(l)
	}
	defer l.Close()
	for {
		nc, err := l.Accept()
		if err == nil {
			s.http2.conns.stateChanged(nc, http.StateNew)
			go s.sort(nc)
		} else if temporary, ok := err.(interface{ Temporary() bool }); ok && temporary.Temporary() {
			time.Sleep(acceptPause) // descriptors are short: others have to end first
		} else {
			return err
		}
	}
}

// acceptPause is how long the server waits after it could not accept.
const acceptPause = 20 * time.Millisecond

// preface is how a connection of HTTP/2 begins (RFC 9113 section 3.4).
const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

// sort reads how a connection begins, and gives it to who speaks that.
func (s *netHTTP) sort(nc net.Conn) {
	conn, ok := accepted(nc)
	if !ok {
		nc.Close()
		return
	}
	var first []byte
	for text := make([]byte, len(preface)); len(first) < len(preface) && strings.HasPrefix(preface, string(first)); {
		n, err := conn.Read(text[:len(preface)-len(first)])
		first = append(first, text[:n]...)
		if err != nil && n == 0 {
			conn.Close()
			s.http2.conns.stateChanged(conn, http.StateClosed)
			return
		}
	}
	if string(first) == preface {
		s.http2.serve(&begun{conn, strings.NewReader(preface)})
		return
	}
	conn.state().early = first
	one := &oneConn{conn: conn}
	if _ = s.Server.Serve(one); !one.taken {
		conn.Close()
		s.http2.conns.stateChanged(conn, http.StateClosed)
	}
}

// begun is a connection of which the preface was read.
type begun struct {
	net.Conn
	first io.Reader
}

func (c *begun) Read(p []byte) (int, error) {
	if n, err := c.first.Read(p); err == nil {
		return n, nil
	}
	return c.Conn.Read(p)
}

// NetConn is the connection that was accepted.
func (c *begun) NetConn() net.Conn { return c.Conn }
