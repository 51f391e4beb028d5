//go:build unix

package serve

import (
	"net"
	"syscall"
)

// hasPendingInput reports whether there is something to read. It returns false if it
// cannot tell, and for a connection that has ended.
func hasPendingInput(c net.Conn) bool {
	if t, ok := c.(trackedConn); ok {
		c = wireOf(t)
	}
	sys, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := sys.SyscallConn()
	if err != nil {
		return false
	}
	var n int
	var peekErr error
	err = raw.Control(func(fd uintptr) {
		var one [1]byte
		n, _, peekErr = syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	})
	return err == nil && peekErr == nil && n > 0
}
