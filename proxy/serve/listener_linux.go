package serve

import (
	"math"
	"net"
	"syscall"
)

// bindToIfindex is SO_BINDTOIFINDEX (asm-generic/socket.h), which package
// syscall does not have.
const bindToIfindex = 62

// refuseNew has the system refuse new connections, as it does where nobody
// listens, and keep those that wait to be accepted: the socket listens at a
// network interface that does not exist from now on. There is no other way to
// close a listener without losing one. Where it fails, on a kernel before 5.1
// or for a socket that is bound to an interface already, one may be lost.
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
