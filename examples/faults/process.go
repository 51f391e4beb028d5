package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/meshhop/meshhop/examples/internal/rig"
)

// process is a process that this program started.
type process struct {
	name   string
	cmd    *exec.Cmd
	in     io.WriteCloser
	err    rig.Tail
	ready  chan struct{} // closed when it has printed that it is
	exited chan struct{} // closed when it has ended and been waited for
	status error         // of its end, then
}

// start starts a process and waits until it prints "ready", alone or with more
// on the line; each line that it prints is given to line.
func start(s *rig.Starter, name string, cmd *exec.Cmd, line func(string)) (*process, error) {
	p := &process{name: name, cmd: cmd, ready: make(chan struct{}), exited: make(chan struct{})}
	cmd.Stderr = &p.err
	var err error
	if p.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := s.Run(cmd); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	go p.follow(out, line)
	select {
	case <-p.ready:
		return p, nil
	case <-p.exited:
		return nil, p.failed(errors.Join(errors.New("ended before it was ready"), p.status))
	case <-time.After(20 * time.Second):
		p.kill()
		return nil, p.failed(errors.New("is not ready in time"))
	}
}

// follow reads what the process prints until it ends.
func (p *process) follow(out io.Reader, line func(string)) {
	lines := bufio.NewScanner(out)
	for ready := false; lines.Scan(); {
		line(lines.Text())
		if word, _, _ := strings.Cut(lines.Text(), " "); !ready && word == "ready" {
			ready = true
			close(p.ready)
		}
	}
	p.status = p.cmd.Wait()
	close(p.exited)
}

// tell gives the process a line to read.
func (p *process) tell(line string) error {
	if _, err := io.WriteString(p.in, line+"\n"); err != nil {
		return p.failed(err)
	}
	return nil
}

func (p *process) signal(s os.Signal) error {
	if err := p.cmd.Process.Signal(s); err != nil {
		return p.failed(err)
	}
	return nil
}

// kill ends the process as a crash does.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended already
	<-p.exited
}

// terminate asks the process to end and waits until it has, within limit; its
// status must be 0.
func (p *process) terminate(limit time.Duration) error {
	if err := p.signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case <-p.exited:
	case <-time.After(limit):
		p.kill()
		return p.failed(fmt.Errorf("does not end within %s", limit))
	}
	if p.status != nil {
		return p.failed(p.status)
	}
	return nil
}

// end ends the process as part of the end of everything.
func (p *process) end() error {
	if p == nil {
		return nil
	}
	select {
	case <-p.exited:
		return nil
	default:
		return p.terminate(15 * time.Second)
	}
}

// failed says which process it was, and what it said itself.
func (p *process) failed(err error) error {
	if said := p.err.String(); said != "" {
		return fmt.Errorf("%s: %w; it printed:\n%s", p.name, err, said)
	}
	return fmt.Errorf("%s: %w", p.name, err)
}
