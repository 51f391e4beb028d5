package proxy

import (
	"context"
	"net/http"
	"sync/atomic"
)

// handlers counts the handlers that run: net/http's server forgets those whose
// connections were upgraded.
type handlers struct {
	running atomic.Int64
	waited  atomic.Bool
	idle    chan struct{} // holds one word: none ran a moment ago
}

func (h *handlers) counted(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h.running.Add(1)
		defer h.ended()
		next.ServeHTTP(w, r)
	})
}

func (h *handlers) ended() {
	if h.running.Add(-1) == 0 && h.waited.Load() {
		select {
		case h.idle <- struct{}{}:
		default:
		}
	}
}

// wait waits until none runs, or ctx ends.
func (h *handlers) wait(ctx context.Context) {
	h.waited.Store(true)
	for h.running.Load() > 0 {
		select {
		case <-h.idle:
		case <-ctx.Done():
			return
		}
	}
}
