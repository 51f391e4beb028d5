package h1

import (
	"net"
	"net/netip"
	"syscall"
	"time"
)

// conn is a connection with at most one exchange under way. It belongs to
// whoever runs that exchange; only nc may be closed, and written to by the
// sender, from another goroutine.
type conn struct {
	transport     *Transport
	nc            net.Conn
	tcp           *net.TCPConn    // nc, if it is one
	raw           syscall.RawConn // nil: the connection has none
	local, remote netip.AddrPort
	born          time.Time
	idleSince     time.Time
	used          bool // had an exchange
	reused        bool // had one before this one
	peek          peek

	*buffers // nil while idle
	watch    watch
	wrote    Wrote   // of the request in this exchange; a sender knows better
	sender   *sender // writes the request's body; nil: none, or not yet
	answered bool    // a byte of an answer came in this exchange
	noFill   bool    // reading must not wait: see body.drain
	full     bool    // the last read got all that it had room for: there may be more
	bodiless bool    // the answer has none; what a peer sends as one all the same comes behind it
}

func newConn(t *Transport, nc net.Conn, now time.Time) *conn {
	c := &conn{transport: t, nc: nc, born: now}
	c.tcp, _ = nc.(*net.TCPConn)
	if sc, ok := nc.(syscall.Conn); ok {
		c.raw, _ = sc.SyscallConn()
	}
	c.local, c.remote = addrPort(nc.LocalAddr()), addrPort(nc.RemoteAddr())
	return c
}

// addrPort is a TCP address as a value; zero for another kind.
func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// finish ends an exchange. The connection is kept for another one if reuse is
// true and nothing speaks against it.
func (c *conn) finish(reuse bool) {
	if s := c.sender; s != nil {
		reuse = s.settle(reuse) && reuse
		c.sender = nil
	}
	if reuse = c.watch.end() && reuse; reuse {
		switch c.behind() {
		case talking:
			c.transport.pool.distrust(0)
			reuse = false
		case over:
			reuse = false
		}
	}
	c.transport.putBuffers(c.buffers)
	c.buffers = nil
	if reuse {
		c.transport.pool.put(c)
	} else {
		c.transport.pool.drop(c)
	}
}

// behind says what came with the end of an answer. That is in the buffer, unless
// the last read had no room for it: then it is looked for where it is. Where it
// cannot be, the connection is as good as over.
func (c *conn) behind() seen {
	switch {
	case c.r < c.w:
		return talking
	case !c.full:
		return silent
	case !c.canLook():
		return over
	}
	return c.look(0)
}

// exact is up to how many bytes of a run of left bytes are read past the
// buffer. A connection that cannot be looked at leaves the last one to the
// buffer, which has room for what comes behind it.
func (c *conn) exact(left int64) int64 {
	if c.canLook() {
		return left
	}
	return left - 1
}

// fail ends an exchange without an answer. The buffers stay the caller's, and so
// does the connection's place in the pool.
func (c *conn) fail() {
	c.transport.pool.closeConn(c)
	if s := c.sender; s != nil {
		s.settle(false)
		c.sender = nil
	}
	c.watch.end()
	c.buffers = nil
}
