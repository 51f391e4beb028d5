//go:build unix

package h1

import (
	"io"
	"syscall"
)

// arrived reads without waiting. It is set up once, so that a read does not allocate.
type arrived struct {
	try func(fd uintptr) bool
	to  []byte
	n   int
	err error
}

// readArrived reads what has arrived behind a read that filled its buffer, without waiting. It
// returns zero if there is nothing. An error is that of the next read.
func (c *conn) readArrived(p []byte) int {
	if c.raw == nil || !c.full || c.late != nil {
		return 0
	}
	a := &c.arrived
	if a.try == nil {
		a.try = func(fd uintptr) bool {
			a.n, a.err = syscall.Read(int(fd), a.to)
			return true
		}
	}
	a.to, a.n, a.err = p, 0, nil
	err := c.raw.Read(a.try) // fails if a deadline has passed
	a.to = nil
	switch {
	case err != nil || a.err == syscall.EAGAIN || a.err == syscall.EINTR:
		return 0
	case a.err != nil:
		c.late = a.err
		return 0
	case a.n == 0:
		c.late = io.EOF
		return 0
	}
	c.account.Read(a.n)
	c.transport.pool.tellSome(&c.account)
	c.full = a.n == len(p)
	return a.n
}
