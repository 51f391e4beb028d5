package router

import (
	"context"
	"sync"
	"time"

	"github.com/meshhop/meshhop/resolve"
)

// watched follows an activity in the background, and has each of its states applied. The
// activity can be replaced by another, and the observation can pause.
type watched[T any] struct {
	mu     sync.Mutex // held while a state is applied
	closed bool
	source *resolve.Activity[T]
	watch  *observation // of source; nil: paused, or closed
	apply  func(resolve.State[T])
}

// observation is one observation of an activity. A state that it brings after it was
// replaced is ignored.
type observation struct {
	stop func() // guarded by the mu of its watched; nil: it has not begun yet
}

// begin makes the first observation, which the caller then starts with observe: that may
// apply a state at once.
func (w *watched[T]) begin(source *resolve.Activity[T], apply func(resolve.State[T])) *observation {
	o := &observation{}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.source, w.apply = source, apply; !w.closed {
		w.watch = o
	}
	return o
}

// follow has the states be those of another activity from now on. What was applied last
// stays until the new one has a state. A pause goes on.
func (w *watched[T]) follow(source *resolve.Activity[T]) {
	w.mu.Lock()
	moved := w.source != source
	w.source = source
	if !moved || w.watch == nil {
		w.mu.Unlock()
		return
	}
	now := &observation{}
	end := w.replace(now)
	w.mu.Unlock()
	w.observe(now)
	end() // not sooner: what both build on goes on
}

// replace puts an observation, nil for none, in the place of the one before, which end
// ends. It is called with mu held, end is not.
func (w *watched[T]) replace(o *observation) (end func()) {
	before := w.watch
	w.watch = o
	if before == nil || before.stop == nil {
		return func() {}
	}
	return before.stop
}

// observe starts an observation. One that was replaced before it had started is stopped
// here; any other is stopped by the code that replaces it.
func (w *watched[T]) observe(o *observation) {
	w.mu.Lock()
	source := w.source
	w.mu.Unlock()
	stop := source.Observe(func(s resolve.State[T]) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.watch == o {
			w.apply(s)
		}
	})
	w.mu.Lock()
	o.stop = stop
	over := w.watch != o
	w.mu.Unlock()
	if over {
		stop()
	}
}

// close ends the observation for good. It is called with mu held, end is not.
func (w *watched[T]) close() (end func()) {
	w.closed = true
	return w.replace(nil)
}

// waited is how a wait ended.
type waited uint8

const (
	ready   waited = iota
	ended          // the context of the request has
	closing        // the router is
	expired        // the time is up
)

// await waits for a value that is not known yet.
func (r *Router) await(ctx context.Context, value <-chan struct{}, until limit) waited {
	timer := time.NewTimer(time.Until(until.at))
	defer timer.Stop()
	select {
	case <-value:
		return ready
	case <-ctx.Done():
		return ended
	case <-r.closing:
		return closing
	case <-timer.C:
		return expired
	}
}
