package main

import "sync"

// sightings counts how often each request was received by a replica.
type sightings struct {
	mu    sync.Mutex
	times map[string]int // by id
}

func (s *sightings) add(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.times == nil {
		s.times = map[string]int{}
	}
	s.times[id]++
}

// take returns what was counted and forgets it.
func (s *sightings) take() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	times := s.times
	s.times = nil
	return times
}
