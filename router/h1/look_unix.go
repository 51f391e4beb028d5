//go:build unix

package h1

import (
	"syscall"
	"time"
)

// peek is what looking at an idle connection needs, made once.
type peek struct {
	look func(fd uintptr)
	buf  [1]byte
	seen seen
}

// canLook says whether look sees what was not read yet.
func (c *conn) canLook() bool { return c.raw != nil }

// wasReset says whether the peer has reset the connection, or the system has given
// it up: it has no peer any more. That of a connection which ended in order is
// known until it is closed here, which is no better than a reset.
func (c *conn) wasReset() bool {
	gone := false
	err := c.raw.Control(func(fd uintptr) {
		_, err := syscall.Getpeername(int(fd))
		gone = err != nil
	})
	return err != nil || gone
}

// look says whether an idle connection is as it should be: open, and nothing
// came. A connection that cannot be looked at is read from for a moment, if it
// has been idle for long enough to be worth that.
func (c *conn) look(idle time.Duration) seen {
	if c.raw == nil {
		return c.lookByReading(idle)
	}
	p := &c.peek
	if p.look == nil {
		p.look = func(fd uintptr) {
			n, _, err := syscall.Recvfrom(int(fd), p.buf[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			switch {
			case n > 0:
				p.seen = talking
			case err == syscall.EAGAIN || err == syscall.EWOULDBLOCK || err == syscall.EINTR:
				p.seen = silent
			default:
				p.seen = over
			}
		}
	}
	// Control, as Read would mind a deadline that passed meanwhile.
	if c.raw.Control(p.look) != nil {
		return over
	}
	return p.seen
}
