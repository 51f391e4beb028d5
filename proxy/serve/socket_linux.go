//go:build !mips && !mipsle && !mips64 && !mips64le

package serve

import (
	"os"
	"syscall"
)

// soReusePort is SO_REUSEPORT (asm-generic/socket.h), which package syscall does not have
// everywhere.
const soReusePort = 15

func reusePort(fd uintptr) error {
	return os.NewSyscallError("setsockopt", syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, soReusePort, 1))
}
