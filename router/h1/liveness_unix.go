//go:build unix

package h1

import (
	"syscall"
	"time"
)

// peeker holds what peeking at an idle connection needs. It is set up once, so that a
// check does not allocate.
type peeker struct {
	peek  func(fd uintptr)
	buf   [1]byte
	found liveness
}

// canPeek reports whether check sees bytes that were not read yet.
func (c *conn) canPeek() bool { return c.raw != nil }

// wasReset reports whether the connection has no peer any more: the peer has reset it,
// or the system has given it up. A connection that ended in order has a peer until it is
// closed here, and a connection that was closed here counts as reset.
func (c *conn) wasReset() bool {
	gone := false
	err := c.raw.Control(func(fd uintptr) {
		_, err := syscall.Getpeername(int(fd))
		gone = err != nil
	})
	return err != nil || gone
}

// check returns whether an idle connection is open and nothing has arrived on it. A
// connection that cannot be peeked at is read from for a moment, if it was idle for long
// enough.
func (c *conn) check(idle time.Duration) liveness {
	switch {
	case c.raw != nil:
		return c.peek(c.raw)
	case c.below != nil:
		return c.checkSecure(c.peek(c.below))
	}
	return c.checkByReading(idle)
}

// peek returns whether a connection is open and whether bytes have arrived on it.
func (c *conn) peek(at syscall.RawConn) liveness {
	p := &c.peeker
	if p.peek == nil {
		p.peek = func(fd uintptr) {
			n, _, err := syscall.Recvfrom(int(fd), p.buf[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			switch {
			case n > 0:
				p.found = unasked
			case err == syscall.EAGAIN || err == syscall.EWOULDBLOCK || err == syscall.EINTR:
				p.found = alive
			default:
				p.found = dead
			}
		}
	}
	// Control and not Read: Read fails if an earlier deadline has passed.
	if at.Control(p.peek) != nil {
		return dead
	}
	return p.found
}
