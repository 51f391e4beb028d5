//go:build unix

package main

import (
	"errors"
	"net"
	"os"
	"syscall"
)

// stopSignal stops a process without ending it.
func stopSignal() os.Signal { return syscall.SIGSTOP }

// setBacklog changes how many connections may wait to be accepted.
func setBacklog(l *net.TCPListener, n int) error {
	raw, err := l.SyscallConn()
	if err != nil {
		return err
	}
	var listenErr error
	return errors.Join(raw.Control(func(fd uintptr) { listenErr = syscall.Listen(int(fd), n) }), listenErr)
}
