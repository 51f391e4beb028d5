//go:build unix

package h1

import (
	"syscall"
	"time"
)

// peek is what looking at an idle connection needs, made once.
type peek struct {
	look  func(fd uintptr)
	buf   [1]byte
	quiet bool
}

// canLook says whether quiet sees what was not read yet.
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

// quiet says whether an idle connection is as it should be: open, and nothing
// came. A connection that cannot be looked at is read from for a moment, if it
// has been idle for long enough to be worth that.
func (c *conn) quiet(idle time.Duration) bool {
	if c.raw == nil {
		return c.quietByReading(idle)
	}
	p := &c.peek
	if p.look == nil {
		p.look = func(fd uintptr) {
			_, _, err := syscall.Recvfrom(int(fd), p.buf[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
			p.quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK || err == syscall.EINTR
		}
	}
	// Control, as Read would mind a deadline that passed meanwhile.
	return c.raw.Control(p.look) == nil && p.quiet
}
