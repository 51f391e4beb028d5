package dnssrv

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/meshhop/meshhop/internal/trouble"
	"github.com/meshhop/meshhop/resolve"
)

// watch keeps one name looked up for all its observers.
type watch struct {
	name  string
	state *resolve.Var[*found]

	refs   int // guarded by Namer.mu
	cancel context.CancelFunc
	gone   trouble.Trouble // it cannot be looked up

	mu     sync.Mutex
	report report
}

// found is what a name stands for. It is never changed.
type found struct {
	addresses []resolve.Address // none: there is no such name
	lacking   string            // see result
}

func (f *found) exists() bool { return len(f.addresses) > 0 }

// take returns the watch of a name, and starts it if there is none. The caller must drop
// it. ok is false after Close.
func (n *Namer) take(name string) (*watch, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil, false
	}
	w := n.watches[name]
	if w == nil {
		ctx, cancel := context.WithCancel(n.ctx)
		w = &watch{name: name, state: resolve.NewVar(resolve.State[*found]{}), cancel: cancel}
		n.watches[name] = w
		n.work.Go(func() { n.keep(ctx, w) })
	}
	w.refs++
	return w, true
}

func (n *Namer) drop(w *watch) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if w.refs--; w.refs == 0 {
		delete(n.watches, w.name)
		w.cancel()
	}
}

// keep looks a name up now, and repeatedly until ctx ends.
func (n *Namer) keep(ctx context.Context, w *watch) {
	known := make(map[string]target)
	for {
		r := n.lookUp(ctx, w.name, known)
		if ctx.Err() != nil {
			return
		}
		known = r.targets
		wait := n.wait(r)
		n.publish(w, r, wait)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// wait is the time until the next look-up.
func (n *Namer) wait(r result) time.Duration {
	if r.err != nil {
		return n.min
	}
	return min(max(r.ttl, n.min), n.max)
}

// tell tells the log how a look-up went.
func (n *Namer) tell(w *watch, why error) {
	if why == nil {
		if times, lasted, ok := w.gone.Over(); ok {
			n.errorLog.Info("SRV records are found again", "name", w.name, "times", times, "after", lasted)
		}
	} else if times, ok := w.gone.Happened(1); ok {
		n.errorLog.Warn("looking up SRV records", "error", why, "times", times)
	}
}

// publish sets the outcome of a look-up. Once a name is known, a failed look-up changes
// nothing.
func (n *Namer) publish(w *watch, r result, wait time.Duration) {
	w.mu.Lock()
	why := r.trouble()
	news := why != nil && (w.report.err == nil || w.report.err.Error() != why.Error())
	w.report.took(r, why, wait)
	w.mu.Unlock()
	n.tell(w, why)
	before := w.state.Activity().Sample()
	switch {
	case r.err != nil:
		if before.Status != resolve.OK && news {
			w.state.SetState(resolve.State[*found]{Status: resolve.Failed, Err: r.err})
		}
	case before.Status != resolve.OK || before.Value.lacking != r.lacking || !slices.Equal(before.Value.addresses, r.addresses):
		w.state.Set(&found{r.addresses, r.lacking})
	}
}
