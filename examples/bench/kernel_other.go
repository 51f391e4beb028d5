//go:build !linux

package main

import (
	"errors"
	"time"
)

var errNotLinux = errors.New("the CPU time of other processes is read as Linux gives it, and this is another system")

func cpuTime(int) (time.Duration, error) { return 0, errNotLinux }

func peakMemory(int) (int64, error) { return 0, errNotLinux }

func residentMemory(int) (int64, error) { return 0, errNotLinux }

func kernelReadable() error { return errNotLinux }
