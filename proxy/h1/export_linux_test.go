package h1

import "time"

// SetParkAfter sets how long a connection is idle before it is parked.
func (s *Server) SetParkAfter(d time.Duration) { s.lot.after = d }

// Parked is how many connections are parked, and Unparked how many have been and are not.
func (s *Server) Parked() int {
	s.lot.mu.Lock()
	defer s.lot.mu.Unlock()
	return len(s.lot.parked)
}

func (s *Server) Unparked() uint64 {
	s.lot.mu.Lock()
	defer s.lot.mu.Unlock()
	return s.lot.spaces - uint64(len(s.lot.parked))
}
