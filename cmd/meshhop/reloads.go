package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/proxy/config"
)

// reloads is where a hop finds its configuration again, and what became of it
// so far.
type reloads struct {
	name  string
	load  func() (*config.File, error)
	asked <-chan os.Signal
	err   io.Writer // is told what is wrong

	mu    sync.Mutex
	state admin.Reloads
}

func newReloads(name string, load func() (*config.File, error), asked <-chan os.Signal, err io.Writer) *reloads {
	return &reloads{name: name, load: load, asked: asked, err: err, state: admin.Reloads{File: name, Loaded: time.Now()}}
}

// wanted has a word when the configuration should be read again.
func (r *reloads) wanted() <-chan os.Signal {
	if r == nil {
		return nil
	}
	return r.asked
}

// done notes what became of an attempt, and says what is wrong.
func (r *reloads) done(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.state.Taken++
		r.state.Loaded, r.state.Problem = time.Now(), ""
		return
	}
	lines := said(err)
	r.state.Refused++
	r.state.Tried, r.state.Problem = time.Now(), strings.Join(lines, "\n")
	for _, line := range lines {
		fmt.Fprintln(r.err, line)
	}
}

// pages is for the admin server.
func (r *reloads) pages() func() admin.Reloads {
	if r == nil {
		return nil
	}
	return func() admin.Reloads {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.state
	}
}
