package h1

import (
	"net"
	"syscall"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/internal/traffic"
)

// conn is a connection with at most one exchange under way. It belongs to the goroutine
// that runs the exchange. Other goroutines may only close nc, and the body writer may
// write to it.
type conn struct {
	transport *Transport
	nc        net.Conn
	bottom    net.Conn        // nc, or what is below its TLS: to close that does not wait
	tcp       *net.TCPConn    // nc, if it is one
	raw       syscall.RawConn // nil: the connection has none
	below     syscall.RawConn // that of what is below TLS, to be peeked at; nil: there is none
	ends      relay.Addresses
	account   account
	version   uint64 // Config.TLSVersion when it was made
	idleSince time.Time
	used      bool // it has had an exchange
	reused    bool // it had one before this one
	peeker    peeker
	arrived   arrived

	*buffers  // nil while idle
	watch     watch
	wrote     wrote       // of the request in this exchange, unless a body writer has started
	writer    *bodyWriter // writes the request's body; nil: none, or not yet
	responded bool        // a byte of a response came in this exchange
	noFill    bool        // reads must not wait: see body.drain
	full      bool        // the last read filled its buffer, so that more bytes may be there
	late      error       // what the next read returns, because an earlier one has found it
	noBody    bool        // the response has no body, but a wrong peer may send one
}

func newConn(t *Transport, nc net.Conn, below *traffic.Wire, version uint64, now time.Time) *conn {
	c := &conn{transport: t, nc: nc, ends: relay.AddressesOf(nc), account: account{born: now}, version: version}
	c.bottom = nc
	if below != nil {
		c.bottom = below
		if c.ends.Secure != nil {
			c.ends.Secure.Name = t.checkedName()
		}
		if sc, ok := below.Conn.(syscall.Conn); ok {
			c.below, _ = sc.SyscallConn()
		}
	}
	c.account.init(below)
	c.tcp, _ = nc.(*net.TCPConn)
	if sc, ok := nc.(syscall.Conn); ok {
		c.raw, _ = sc.SyscallConn()
	}
	return c
}

// finish ends an exchange. The connection is kept for another one if reuse is true, the
// request was written, the context has not ended and nothing came after the response.
func (c *conn) finish(reuse bool) {
	if w := c.writer; w != nil {
		reuse = w.stop(reuse) && reuse
		c.writer = nil
	}
	if reuse = c.watch.stop() && reuse; reuse {
		switch c.checkAfterResponse() {
		case unasked:
			c.transport.pool.distrust(0)
			reuse = false
		case dead:
			reuse = false
		}
	}
	c.transport.putBuffers(c.buffers)
	c.buffers = nil
	c.transport.pool.tell(&c.account)
	if reuse {
		c.transport.pool.put(c)
	} else {
		c.transport.pool.drop(c)
	}
}

// checkAfterResponse returns whether bytes came after the end of the response. They are in
// the buffer, unless the last read filled the buffer of its caller: then the connection is
// peeked at. If it cannot be, it counts as dead.
func (c *conn) checkAfterResponse() liveness {
	switch {
	case c.R < c.W:
		return unasked
	case !c.full:
		return alive
	case !c.canPeek():
		return dead
	}
	return c.check(0)
}

// directLimit returns how many of the next left bytes of a body may be read into the
// caller's buffer. On a connection that cannot be peeked at, the last byte is read into
// the connection's buffer, which has room for bytes that come after it.
func (c *conn) directLimit(left int64) int64 {
	if c.canPeek() {
		return left
	}
	return left - 1
}

// fail ends an exchange without a response and closes the connection. The caller keeps
// the buffers, and the connection's slot in the pool.
func (c *conn) fail() {
	c.transport.pool.closeConn(c)
	if w := c.writer; w != nil {
		w.stop(false)
		c.writer = nil
	}
	c.watch.stop()
	c.buffers = nil
}
