package h1

import (
	"io"
	"sync"
	"time"

	"github.com/meshhop/meshhop/internal/httpx"
)

// watch notices that the client of a request leaves. It is a goroutine that waits for
// input, for requests that take long and whose contexts somebody waits for; see sweeper.
// The body of the request was read to its end then, so that nobody else reads.
type watch struct {
	c       *conn
	mu      sync.Mutex
	change  sync.Cond // on mu: one of the next three
	running bool
	stopped bool // the goroutine is to end
	slept   bool // maxHalfClosed has passed
	hasByte bool // one is the first byte of the next request
	one     [1]byte
}

// maxHalfClosed bounds the time in which a response is awaited by a client that has ended
// its side of the connection, and may have left.
const maxHalfClosed = 30 * time.Second

func (w *watch) init(c *conn) { w.c, w.change.L = c, &w.mu }

// start starts to watch the client of a request, if that is still the one being served and
// its body was read.
func (w *watch) start(x *exchange) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.running || w.hasByte || w.c.current.Load() != x || !x.body.complete.Load() || x.unwatched.Load() {
		return
	}
	w.running, w.stopped, w.slept = true, false, false
	go w.run(x)
}

// stop ends the watching. Nothing waits for input when it returns.
func (w *watch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.running {
		return
	}
	w.stopped = true
	w.change.Broadcast()
	_ = w.c.nc.SetReadDeadline(passed())
	for w.running {
		w.change.Wait()
	}
	_ = w.c.nc.SetReadDeadline(time.Time{})
}

func (w *watch) isRunning() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.running
}

// takeByte reports whether the first byte of the next request is in one.
func (w *watch) takeByte() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	has := w.hasByte
	w.hasByte = false
	return has
}

func (w *watch) run(x *exchange) {
	left := w.wait(x)
	x.unwatched.Store(true)
	w.mu.Lock()
	w.running = false
	w.change.Broadcast()
	w.mu.Unlock()
	if left {
		x.ctx.cancel(httpx.ClientLeft{})
	}
}

// wait waits until the client has left. It returns false if the watching was stopped, or
// if the next request has begun on a connection that cannot be peeked at.
func (w *watch) wait(x *exchange) (left bool) {
	for finished := false; ; {
		input, err := w.input(finished)
		w.mu.Lock()
		stopped := w.stopped
		var until time.Time
		switch {
		case input:
			w.hasByte = true // also if the watching was stopped meanwhile
		case stopped:
		case err == io.EOF && !finished:
			finished = true
			until = time.Now().Add(w.c.server.finish)
			left = x.last // it has said that it would not go on
		case isTimeout(err) && !finished: // a deadline that the handler set
		default:
			left = true
		}
		again := !stopped && !input && !left
		if again {
			// A connection that can only be read does not need it: see sleep.
			left = w.c.nc.SetReadDeadline(until) != nil && w.c.raw != nil
			again = !left
		}
		w.mu.Unlock()
		if !again {
			return left
		}
	}
}
