//go:build unix

package h1_test

import (
	"syscall"
	"time"
)

// cpuTime is of the whole process: of client and server together.
func cpuTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
