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
