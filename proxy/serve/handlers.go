package serve

import (
	"context"
	"math"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/internal/httpx"
)

// handlers is a handler that can be replaced, and that knows when the last request
// of each generation has ended. net/http's server does not: it forgets requests whose
// connections were upgraded.
type handlers struct {
	current  atomic.Pointer[generation]
	draining atomic.Bool

	mu  sync.Mutex
	old []*generation // those that were replaced and may still have requests
}

// generation is one handler and the number of its requests in flight.
type generation struct {
	handler http.Handler
	drains  bool         // the handler itself sends Connection: close while draining
	running atomic.Int64 // requests in flight; plus replaced once it was replaced
	ended   chan struct{}
	once    sync.Once
}

// replaced makes a count of requests negative.
const replaced = math.MinInt64 / 2

func (h *handlers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g := h.start()
	defer g.finish()
	if h.draining.Load() && !g.drains {
		httpx.CloseAfter(w, r)
	}
	if heads := h1wire.HeadsOf(r.Context()); heads != nil && heads.Handler == http.Handler(h) {
		heads.Handler = g.handler
	}
	g.handler.ServeHTTP(w, r)
}

// refuser is a handler that answers what the server refuses before it becomes a request of
// the handler's; see h1.Config.
type refuser interface {
	Refuse(w http.ResponseWriter, r *http.Request, status int, reason error)
}

// refuse has the handler answer a request that is refused, if it can.
func (h *handlers) refuse(w http.ResponseWriter, r *http.Request, status int, reason error) {
	h.refused(w, r, status, reason)
}

// refused reports whether the handler can.
func (h *handlers) refused(w http.ResponseWriter, r *http.Request, status int, reason error) bool {
	g := h.start()
	defer g.finish()
	own, ok := g.handler.(refuser)
	if ok {
		own.Refuse(w, r, status, reason)
	}
	return ok
}

// start counts a request of the current generation.
func (h *handlers) start() *generation {
	for {
		g := h.current.Load()
		if g.running.Add(1) > 0 {
			return g
		}
		g.finish() // it was replaced meanwhile
	}
}

func (g *generation) finish() {
	if g.running.Add(-1) == replaced {
		g.end()
	}
}

// retire ends the generation when its last request has ended.
func (g *generation) retire() {
	if g.running.Add(replaced) == replaced {
		g.end()
	}
}

// end may be called twice: a request that came too late counts for a moment.
func (g *generation) end() { g.once.Do(func() { close(g.ended) }) }

// replace makes another handler serve all requests from now on. The channel is closed
// when the last request of its predecessor has ended; it is nil if there is none.
func (h *handlers) replace(handler http.Handler) (ended <-chan struct{}) {
	next := &generation{handler: handler, ended: make(chan struct{})}
	_, next.drains = handler.(drainHandler)
	h.mu.Lock()
	before := h.current.Swap(next)
	if h.draining.Load() {
		next.drain()
	}
	h.old = slices.DeleteFunc(h.old, (*generation).hasEnded)
	if before != nil {
		h.old = append(h.old, before)
	}
	h.mu.Unlock()
	if before == nil {
		return nil
	}
	before.retire()
	return before.ended
}

func (g *generation) hasEnded() bool {
	select {
	case <-g.ended:
		return true
	default:
		return false
	}
}

// drainHandler is a handler that can send Connection: close by itself.
type drainHandler interface{ Drain() }

// drain makes all responses that begin from now on send Connection: close.
func (h *handlers) drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.draining.Store(true)
	h.current.Load().drain()
	for _, g := range h.old {
		g.drain()
	}
}

func (g *generation) drain() {
	if d, ok := g.handler.(drainHandler); ok {
		d.Drain()
	}
}

// wait refuses further requests, and waits until none is in flight or ctx ends.
func (h *handlers) wait(ctx context.Context) {
	h.replace(http.HandlerFunc(unavailable))
	h.mu.Lock()
	old := slices.Clone(h.old)
	h.mu.Unlock()
	for _, g := range old {
		select {
		case <-g.ended:
		case <-ctx.Done():
			return
		}
	}
}

func unavailable(w http.ResponseWriter, r *http.Request) {
	httpx.CloseAfter(w, r)
	w.WriteHeader(http.StatusServiceUnavailable)
}
