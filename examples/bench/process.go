package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// process is a process that this program started. One goroutine at a time uses
// it.
type process struct {
	name  string
	cmd   *exec.Cmd
	in    io.WriteCloser // the end of it makes one of our own processes stop
	out   *bufio.Reader
	err   tail
	own   bool
	ended bool
}

// startOwn starts another process of this program, in a role, tells it its
// configuration and waits for its answer.
func startOwn(ctx context.Context, role string, on []int, config, answer any) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), roleVariable+"="+role)
	p, err := start(role, cmd, on)
	if err != nil {
		return nil, err
	}
	p.own = true
	if err := p.ask(ctx, config, answer); err != nil {
		p.stop(0, nil)
		return nil, err
	}
	return p, nil
}

func start(name string, cmd *exec.Cmd, on []int) (*process, error) {
	p := &process{name: name, cmd: cmd}
	cmd.Stderr = &p.err
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.in, p.out = in, bufio.NewReader(out)
	if err := startOn(cmd, on); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	return p, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// ask gives an order and reads the answer. When ctx ends first the process is
// killed.
func (p *process) ask(ctx context.Context, order, answer any) error {
	stop := context.AfterFunc(ctx, p.kill)
	defer stop()
	line, err := json.Marshal(order)
	if err != nil {
		return err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return p.failed(errors.Join(err, ctx.Err()))
	}
	return p.answer(ctx, answer)
}

func (p *process) answer(ctx context.Context, answer any) error {
	line, err := p.out.ReadBytes('\n')
	if err != nil {
		return p.failed(errors.Join(err, ctx.Err()))
	}
	var a struct {
		Error string
		Value json.RawMessage
	}
	if err := json.Unmarshal(line, &a); err != nil {
		return p.failed(err)
	}
	if a.Error != "" {
		return p.failed(errors.New(a.Error))
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(a.Value, answer)
}

// stop ends the process and waits for it: cleanly within limit, or else
// forcibly. Our own have a last word.
func (p *process) stop(limit time.Duration, last any) (err error) {
	if p.ended {
		return nil
	}
	p.ended = true
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	undo := context.AfterFunc(ctx, p.kill)
	defer undo()
	p.in.Close()
	if !p.own {
		p.cmd.Process.Signal(syscall.SIGTERM)
	} else if last != nil {
		err = p.answer(ctx, last)
	}
	io.Copy(io.Discard, p.out)
	if wait := p.cmd.Wait(); wait != nil && last != nil && err == nil {
		err = p.failed(wait)
	}
	return err
}

func (p *process) kill() { p.cmd.Process.Kill() }

// failed says which process it was, and what it said itself.
func (p *process) failed(err error) error {
	if said := p.err.String(); said != "" {
		return fmt.Errorf("%s: %w; it printed:\n%s", p.name, err, said)
	}
	return fmt.Errorf("%s: %w", p.name, err)
}
