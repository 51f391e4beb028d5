package h2

import "sync"

// workers are goroutines that serve requests one after the other: one that has served before
// has a stack of the size that the handler needs.
type workers struct {
	mu    sync.Mutex
	idle  []chan *stream
	conns int // that may have requests
}

// maxIdle bounds how many wait for a request.
const maxIdle = 64

// serve has a request served in a goroutine.
func (w *workers) serve(st *stream) {
	w.mu.Lock()
	if n := len(w.idle) - 1; n >= 0 {
		work := w.idle[n]
		w.idle = w.idle[:n]
		w.mu.Unlock()
		work <- st
		return
	}
	w.mu.Unlock()
	go w.run(st)
}

func (w *workers) run(st *stream) {
	work := make(chan *stream, 1)
	for st != nil {
		st.serve()
		st = nil
		w.mu.Lock()
		if len(w.idle) >= maxIdle || w.conns == 0 {
			w.mu.Unlock()
			return
		}
		w.idle = append(w.idle, work)
		w.mu.Unlock()
		st = <-work
	}
}

// open notes one more connection.
func (w *workers) open() {
	w.mu.Lock()
	w.conns++
	w.mu.Unlock()
}

// release notes that a connection has ended. After the last one nothing waits.
func (w *workers) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conns--; w.conns > 0 {
		return
	}
	for _, work := range w.idle {
		work <- nil
	}
	w.idle = nil
}
