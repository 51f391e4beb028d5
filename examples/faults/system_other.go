//go:build !unix

package main

import (
	"errors"
	"net"
	"os"
)

// stopSignal would stop a process without ending it.
func stopSignal() os.Signal { return os.Interrupt }

func setBacklog(*net.TCPListener, int) error { return errors.ErrUnsupported }
