package serve

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync"

	"github.com/meshhop/meshhop/internal/handshake"
	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/internal/traffic"
)

// secureConn is an accepted connection with TLS. It has none of the methods by which an
// engine would go past TLS.
type secureConn struct {
	*tls.Conn
	wire      *traffic.Wire // what is below TLS
	connState connState
	once      sync.Once
	failed    bool
	seen      tls.ConnectionState
}

// trackSecure wraps a connection that the server accepted. The handshake is made by the
// first read, so that the next connection is accepted meanwhile.
func (c *conns) trackSecure(nc net.Conn, config *tls.Config) trackedConn {
	c.observer.Opened()
	c.setOptions(nc)
	s := &secureConn{connState: connState{home: c, account: account{opened: c.now(), secure: true}}}
	s.wire = &traffic.Wire{Conn: nc, Meter: &s.connState.account.meter}
	s.Conn = tls.Server(s.wire, config)
	s.connState.secure = s
	return s
}

func (c *secureConn) state() *connState { return &c.connState }
func (c *secureConn) raw() net.Conn {
	if c.connState.home.abrupt.Load() {
		return c.wire
	}
	return c.Conn
}

// InputArrived, HandlerBegins and HandlerEnds are those of the other connections.
func (c *secureConn) InputArrived(n int, next bool) bool { return c.connState.arrived(n, next) }
func (c *secureConn) HandlerBegins(head int) (last bool) { return c.connState.handlerBegins(head) }
func (c *secureConn) HandlerEnds(whole bool)             { c.connState.account.handlerEnds(whole) }

// Read makes the handshake first. Who was refused in it, or has left, gets no more.
func (c *secureConn) Read(p []byte) (int, error) {
	c.once.Do(c.handshake)
	if c.failed {
		return 0, io.EOF
	}
	return c.connState.read(c.Conn, p)
}

func (c *secureConn) handshake() {
	err := handshake.Server(context.Background(), c.Conn)
	c.connState.home.shakes.Handshake(err)
	if c.failed = err != nil; !c.failed {
		c.seen = c.Conn.ConnectionState()
	}
}

func (c *secureConn) Write(p []byte) (int, error) {
	if c.failed {
		return 0, net.ErrClosed
	}
	return c.connState.write(c.Conn, p)
}

func (c *secureConn) Close() error { return c.connState.close(c) }

// ConnectionState is that of the handshake.
func (c *secureConn) ConnectionState() tls.ConnectionState { return c.seen }

// showTLS adds to a request of net/http's server what that only does for connections of its
// own.
func (s *connState) showTLS(r *http.Request) {
	if s.secure != nil {
		r.TLS = &s.secure.seen
	}
}

// wireOf is what is below TLS, or the connection itself where there is none.
func wireOf(c trackedConn) net.Conn {
	if s, ok := c.(*secureConn); ok {
		return s.wire.Conn
	}
	return c
}

// cut closes a connection that nobody waits for. The end of TLS is not said, because the
// caller has other connections to look after and the peer need not read.
func cut(c trackedConn) {
	if s, ok := c.(*secureConn); ok {
		if s.connState.closed.CompareAndSwap(false, true) {
			s.connState.home.release(c)
		}
		s.wire.Close()
		return
	}
	c.Close()
}

// halfClose closes the direction to the client of an idle connection, for the same reason
// without a word of TLS.
func halfClose(c trackedConn) {
	if s, ok := c.(*secureConn); ok {
		httpx.CloseWrite(s.wire)
		return
	}
	httpx.CloseWrite(c)
}
