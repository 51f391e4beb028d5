//go:build unix

package h1

import (
	"io"
	"syscall"
)

// idler waits for input without a buffer. Its function is made once, so that a wait does
// not allocate.
type idler struct {
	ready func(fd uintptr) bool
	err   error
}

// awaitInput waits until something has arrived and reads it. The buffers are taken for each
// attempt to read, and not while the connection waits.
func (c *conn) awaitInput() error {
	if c.raw == nil {
		return c.awaitByReading()
	}
	i := &c.idle
	if i.ready == nil {
		i.ready = func(fd uintptr) bool { return c.tryRead(int(fd)) }
	}
	i.err = nil
	if err := c.waitReady(); err != nil {
		return err
	}
	if i.err == nil && !c.observe(c.W, false) {
		_, _ = c.nc.Read(c.In) // drops what comes, to the end
		i.err = io.EOF
	}
	return i.err
}

// waitReady waits until a read has had a result, or until the connection is to be parked.
func (c *conn) waitReady() error {
	if c.parked.stays {
		return c.raw.Read(c.idle.ready)
	}
	c.parked.beginWait()
	err := c.raw.Read(c.idle.ready)
	c.parked.leaves = c.parked.endWait(c) && isTimeout(err)
	return err
}

// tryRead reads once. It returns false if there is nothing yet.
func (c *conn) tryRead(fd int) bool {
	b := c.server.getBuffers()
	n, err := syscall.Read(fd, b.In)
	for err == syscall.EINTR {
		n, err = syscall.Read(fd, b.In)
	}
	if n > 0 {
		b.W = n
		c.buffers = b
		return true
	}
	c.server.putBuffers(b)
	switch err {
	case syscall.EAGAIN:
		return false
	case nil:
		err = io.EOF
	}
	c.idle.err = err
	return true
}
