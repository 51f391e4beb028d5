// Package rig has what the programs among the examples have in common that start
// others and look at what they do.
package rig

import (
	"os/exec"
	"runtime"
)

// Starter starts processes that end with this one, however it ends, where the
// system can do that: Linux has it that they end with the thread that started
// them, and so one thread starts all.
type Starter struct {
	orders chan func()
	done   chan struct{}
}

// NewStarter makes a Starter. Close it after use.
func NewStarter() *Starter {
	s := &Starter{make(chan func()), make(chan struct{})}
	go func() {
		defer close(s.done)
		runtime.LockOSThread()
		for order := range s.orders {
			order()
		}
	}()
	return s
}

// Close ends the processes that are left.
func (s *Starter) Close() {
	close(s.orders)
	<-s.done
}

// Run starts a process, and sets its SysProcAttr.
func (s *Starter) Run(cmd *exec.Cmd) error {
	cmd.SysProcAttr = endsWithParent()
	started := make(chan error)
	s.orders <- func() { started <- cmd.Start() }
	return <-started
}
