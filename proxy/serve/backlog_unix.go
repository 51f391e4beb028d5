//go:build unix

package serve

import (
	"os"
	"syscall"
)

// listenAgain changes the backlog of a socket that listens already.
func listenAgain(fd uintptr, n int) error {
	return os.NewSyscallError("listen", syscall.Listen(int(fd), n))
}
