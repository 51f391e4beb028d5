package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"syscall"
	"time"

	"github.com/meshhop/meshhop/examples/internal/rig"
)

// process is a proxy that runs.
type process struct {
	name   string
	addr   string
	cmd    *exec.Cmd
	said   rig.Tail
	exited chan struct{} // closed when it has ended and been waited for
}

// start starts a process and waits until something listens at addr.
func (s *scene) start(ctx context.Context, name, addr string, cmd *exec.Cmd) (*process, error) {
	p := &process{name: name, addr: addr, cmd: cmd, exited: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.said, &p.said
	if err := s.starter.Run(cmd); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	go func() {
		_ = cmd.Wait() // what it printed says more
		close(p.exited)
	}()
	s.mu.Lock()
	s.running = append(s.running, p)
	s.mu.Unlock()
	for range 200 {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			return p, c.Close()
		}
		select {
		case <-p.exited:
			return nil, p.failed(errors.New("ended before it listened"))
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil, p.failed(fmt.Errorf("nothing listens at %s", addr))
}

// stop asks the process to end and waits until it has; one that was killed before,
// or does not end in time, is a failure.
func (p *process) stop() error {
	select {
	case <-p.exited:
		return p.failed(errors.New("ended under the attack"))
	default:
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may end at this moment
	select {
	case <-p.exited:
		return nil
	case <-time.After(10 * time.Second):
		p.kill()
		return p.failed(errors.New("does not end in time"))
	}
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended already
	<-p.exited
}

// failed says which process it was, and what it said itself.
func (p *process) failed(err error) error {
	if said := p.said.String(); said != "" {
		return fmt.Errorf("%s: %w; it printed:\n%s", p.name, err, said)
	}
	return fmt.Errorf("%s: %w", p.name, err)
}
