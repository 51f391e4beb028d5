package app

import (
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/proxy/config"
)

// reloads reads the file of an instance again, on request, and keeps the results.
type reloads struct {
	program  *program
	name     string
	requests <-chan os.Signal

	mu    sync.Mutex
	state admin.Reloads
}

func newReloads(p *program, name string, requests <-chan os.Signal) *reloads {
	return &reloads{program: p, name: name, requests: requests, state: admin.Reloads{File: name, Loaded: time.Now()}}
}

// requested has a value when the file should be read again.
func (r *reloads) requested() <-chan os.Signal {
	if r == nil {
		return nil
	}
	return r.requests
}

func (r *reloads) load() (*config.File, error) { return r.program.loadAgain(r.name) }

// taken prints what the author of a file that took effect should know.
func (r *reloads) taken(file *config.File) {
	r.program.printNotices(file)
	r.program.printFindings(file)
}

// done keeps the result of an attempt, and prints what is wrong.
func (r *reloads) done(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.state.Taken++
		r.state.Loaded, r.state.Problem = time.Now(), ""
		return
	}
	lines := errorLines(err)
	r.state.Refused++
	r.state.Tried, r.state.Problem = time.Now(), strings.Join(lines, "\n")
	for _, line := range lines {
		r.program.say(slog.LevelError, line)
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
