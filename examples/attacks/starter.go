package main

import (
	"os/exec"
	"runtime"
)

// starter starts processes that end with this one, however it ends, where the
// system can do that: Linux has it that they end with the thread that started
// them, and so one thread starts all.
type starter struct {
	orders chan func()
	done   chan struct{}
}

func newStarter() *starter {
	s := &starter{make(chan func()), make(chan struct{})}
	go func() {
		defer close(s.done)
		runtime.LockOSThread()
		for order := range s.orders {
			order()
		}
	}()
	return s
}

// close ends the processes that are left.
func (s *starter) close() {
	close(s.orders)
	<-s.done
}

func (s *starter) run(cmd *exec.Cmd) error {
	cmd.SysProcAttr = endsWithParent()
	started := make(chan error)
	s.orders <- func() { started <- cmd.Start() }
	return <-started
}
