package resolve

import "sync"

// rounds runs round at least once after every kick, and once for a burst of kicks:
// in the goroutine that kicks, or once more in the one that runs it already.
type rounds struct {
	round func() // called by one goroutine at a time and with no lock held
	end   func() // called once, after the last round

	mu      sync.Mutex
	running bool // a goroutine is in kick's loop
	dirty   bool // that goroutine must run round once more
	closed  bool
	ended   bool
}

func (r *rounds) kick() {
	r.mu.Lock()
	r.dirty = true
	if r.running || r.closed {
		r.mu.Unlock()
		return
	}
	r.running = true
	for r.dirty && !r.closed {
		r.dirty = false
		r.mu.Unlock()
		r.round()
		r.mu.Lock()
	}
	r.running = false
	r.endIfOver()
}

// close stops further rounds and calls end: here, or in the goroutine that is in a
// round.
func (r *rounds) close() {
	r.mu.Lock()
	r.closed = true
	r.endIfOver()
}

// endIfOver is called with the lock held and releases it.
func (r *rounds) endIfOver() {
	over := r.closed && !r.running && !r.ended
	r.ended = r.ended || over
	r.mu.Unlock()
	if over {
		r.end()
	}
}
