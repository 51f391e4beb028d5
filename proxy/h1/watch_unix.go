//go:build unix

package h1

import (
	"errors"
	"io"
	"syscall"
)

// errReset says that the connection has no peer any more.
var errReset = errors.New("the connection was reset")

// input waits until the client has ended its side or the connection is gone, and returns
// io.EOF for the first. It returns true if it has read a byte of the next request, which it
// does only if it cannot peek. finished says that the client has ended its side already.
func (w *watch) input(finished bool) (bool, error) {
	c := w.c
	if c.raw == nil {
		return w.inputByReading(finished)
	}
	var found error
	err := c.raw.Read(func(fd uintptr) bool {
		var one [1]byte
		n, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		for err == syscall.EINTR {
			n, _, err = syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		}
		switch {
		case err == syscall.EAGAIN:
			return false
		case err != nil:
			found = err
			return true
		}
		// A connection that was reset has no peer. What was sent before is still there.
		if _, err := syscall.Getpeername(int(fd)); err != nil {
			found = errReset
			return true
		}
		if n == 0 && !finished {
			found = io.EOF
			return true
		}
		return false // and the next event is awaited
	})
	if err == nil {
		err = found
	}
	return false, err
}
