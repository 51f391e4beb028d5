//go:build unix

// Package cputime measures processor time, for tests and benchmarks.
package cputime

import (
	"syscall"
	"time"
)

// Used is the processor time that the process has used so far, in all its threads,
// in its own code and in the system's.
func Used() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
