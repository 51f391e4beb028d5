package serve

import (
	"math"
	"net"
	"syscall"
)

// bindToIfindex is SO_BINDTOIFINDEX (asm-generic/socket.h), which package syscall does
// not have.
const bindToIfindex = 62

// refuseNew makes the system refuse new connections, as if nobody listened, and keep
// the established ones that wait to be accepted. It binds the listening socket to a
// network interface that does not exist. There is no other way to close a listener
// without losing a connection. If it fails, on a kernel before 5.1 or for a socket
// that is bound to an interface already, one connection may be lost.
func refuseNew(l net.Listener) {
	sys, ok := l.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sys.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, bindToIfindex, math.MaxInt32)
	})
}
