package serve

import (
	"context"
	"math"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/meshhop/meshhop/internal/httpx"
)

// handlers is a handler that can be replaced, and that knows when the last request
// of each generation has ended. net/http's server does not: it forgets requests whose
// connections were upgraded.
type handlers struct {
	current  atomic.Pointer[handling]
	draining atomic.Bool

	mu  sync.Mutex
	old []*handling // those that were replaced and may still have requests
}

// handling is one handler and the number of its requests in flight.
type handling struct {
	handler http.Handler
	drains  bool         // the handler itself sends Connection: close while draining
	running atomic.Int64 // requests in flight; plus retired once it was replaced
	over    chan struct{}
	once    sync.Once
}

// retired makes a count of requests negative.
const retired = math.MinInt64 / 2

func (h *handlers) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	now := h.begin()
	defer now.end()
	if h.draining.Load() && !now.drains {
		httpx.CloseAfter(w, r)
	}
	now.handler.ServeHTTP(w, r)
}

func (h *handlers) begin() *handling {
	for {
		now := h.current.Load()
		if now.running.Add(1) > 0 {
			return now
		}
		now.end() // it was replaced meanwhile
	}
}

func (h *handling) end() {
	if h.running.Add(-1) == retired {
		h.ended()
	}
}

func (h *handling) retire() {
	if h.running.Add(retired) == retired {
		h.ended()
	}
}

// ended may be called twice: a request that came too late counts for a moment.
func (h *handling) ended() { h.once.Do(func() { close(h.over) }) }

// replace makes another handler serve all requests from now on. over is closed when
// the last request of its predecessor has ended.
func (h *handlers) replace(handler http.Handler) (over <-chan struct{}) {
	next := &handling{handler: handler, over: make(chan struct{})}
	_, next.drains = handler.(drainer)
	h.mu.Lock()
	before := h.current.Swap(next)
	if h.draining.Load() {
		next.drain()
	}
	h.old = slices.DeleteFunc(h.old, (*handling).isOver)
	if before != nil {
		h.old = append(h.old, before)
	}
	h.mu.Unlock()
	if before == nil {
		return nil
	}
	before.retire()
	return before.over
}

func (h *handling) isOver() bool {
	select {
	case <-h.over:
		return true
	default:
		return false
	}
}

// drainer is a handler that can send Connection: close by itself.
type drainer interface{ Drain() }

// drain makes all responses that begin from now on send Connection: close.
func (h *handlers) drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.draining.Store(true)
	h.current.Load().drain()
	for _, old := range h.old {
		old.drain()
	}
}

func (h *handling) drain() {
	if d, ok := h.handler.(drainer); ok {
		d.Drain()
	}
}

// wait refuses further requests, and waits until none is in flight or ctx ends.
func (h *handlers) wait(ctx context.Context) {
	h.replace(http.HandlerFunc(unavailable))
	h.mu.Lock()
	old := slices.Clone(h.old)
	h.mu.Unlock()
	for _, one := range old {
		select {
		case <-one.over:
		case <-ctx.Done():
			return
		}
	}
}

func unavailable(w http.ResponseWriter, r *http.Request) {
	httpx.CloseAfter(w, r)
	w.WriteHeader(http.StatusServiceUnavailable)
}
