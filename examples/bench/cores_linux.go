package main

import (
	"fmt"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// coresHere gives the candidates the last core that this process may use and
// everything else the others. With one core there is nothing to divide.
func coresHere() (cores, error) {
	var mine unix.CPUSet
	if err := unix.SchedGetaffinity(0, &mine); err != nil {
		return cores{}, fmt.Errorf("which cores there are: %w", err)
	}
	var all []int
	for i := 0; len(all) < mine.Count(); i++ {
		if mine.IsSet(i) {
			all = append(all, i)
		}
	}
	last := len(all) - 1
	if last < 1 {
		return cores{}, nil
	}
	return cores{candidates: all[last:], others: all[:last]}, nil
}

// startOn starts the command on some cores; none: on any. A child has the cores
// of the thread that made it, and a Go program as many Ps.
func startOn(cmd *exec.Cmd, on []int) (err error) {
	// Its own group, so that Ctrl-C in a terminal is only told to us; and
	// should we be killed, so is it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	if len(on) == 0 {
		return cmd.Start()
	}
	runtime.LockOSThread()
	var before, want unix.CPUSet
	for _, core := range on {
		want.Set(core)
	}
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return fmt.Errorf("pinning: %w", err)
	}
	if err := unix.SchedSetaffinity(0, &want); err != nil {
		return fmt.Errorf("pinning to cores %v: %w", on, err)
	}
	err = cmd.Start()
	if restored := unix.SchedSetaffinity(0, &before); restored == nil {
		runtime.UnlockOSThread()
	}
	return err
}
