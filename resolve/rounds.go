package resolve

import "sync"

// rounds goes round whenever it is told that something has changed: in the
// goroutine that tells it, or once more in the one that is at it.
type rounds struct {
	round func() // called by one goroutine at a time and with no lock held
	end   func() // called once, after the last round

	mu      sync.Mutex
	running bool // some goroutine is in kick's loop
	dirty   bool // and must go round once more
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

// close lets no further round begin and ends: here, or in the goroutine that
// is in a round.
func (r *rounds) close() {
	r.mu.Lock()
	r.closed = true
	r.endIfOver()
}

// endIfOver is entered with the lock and leaves without it.
func (r *rounds) endIfOver() {
	over := r.closed && !r.running && !r.ended
	r.ended = r.ended || over
	r.mu.Unlock()
	if over {
		r.end()
	}
}
