package resolve

import "sync"

// serial does work whenever it is kicked, one time after the other, in the
// goroutine of whoever kicks it.
type serial struct {
	work    func() // called with no lock held
	release func() // called once, after the last work

	mu       sync.Mutex
	running  bool // some goroutine is in kick's loop
	dirty    bool // and must go round once more
	closed   bool
	released bool
}

// kick does the work, unless another goroutine is at it and can be told to.
func (s *serial) kick() {
	s.mu.Lock()
	s.dirty = true
	if s.running || s.closed {
		s.mu.Unlock()
		return
	}
	s.running = true
	for s.dirty && !s.closed {
		s.dirty = false
		s.mu.Unlock()
		s.work()
		s.mu.Lock()
	}
	s.running = false
	s.releaseIfOver()
}

// close releases: here, or in the goroutine that works.
func (s *serial) close() {
	s.mu.Lock()
	s.closed = true
	s.releaseIfOver()
}

// releaseIfOver is entered with the lock and leaves without it.
func (s *serial) releaseIfOver() {
	release := s.closed && !s.running && !s.released
	s.released = s.released || release
	s.mu.Unlock()
	if release {
		s.release()
	}
}
