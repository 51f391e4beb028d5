package certs

import (
	"sync"
	"sync/atomic"
	"time"
)

// A Set is a set of files and what they have now. It is safe for concurrent use.
type Set struct {
	place   string
	files   Files
	now     atomic.Pointer[Material]
	reloads atomic.Uint64 // how often the files had changed and were taken

	mu      sync.Mutex // guards the rest
	sum     [32]byte   // of what was read last
	refused uint64
	problem string
	tried   time.Time
}

// Current returns what the set has. It does not wait.
func (s *Set) Current() *Material { return s.now.Load() }

// Version returns a number that changes when what the set has does.
func (s *Set) Version() *atomic.Uint64 { return &s.reloads }

// A State says how a set does.
type State struct {
	Place    string    // in the configuration, such as "routers[0].client.tls"
	NotAfter time.Time // until when its certificate is valid; zero: it has none
	// Reloads and Refused count how often the files had changed and were taken, or
	// refused.
	Reloads, Refused uint64
	// Problem is why they were refused when they had changed last, and Tried is when.
	// It is empty if they were taken.
	Problem string
	Tried   time.Time
}

// State returns how the set does.
func (s *Set) State() State {
	s.mu.Lock()
	defer s.mu.Unlock()
	return State{s.place, s.now.Load().NotAfter, s.reloads.Load(), s.refused, s.problem, s.tried}
}

// load reads the files. changed is false if they have not changed since it was called last.
func (s *Set) load() (changed bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	read, sum, err := s.files.read()
	before := s.now.Load()
	if sum == s.sum {
		return false, nil
	}
	s.sum = sum
	var m *Material
	if err == nil {
		m, err = s.files.parse(read, time.Now())
	}
	if before == nil { // for the first time
		s.now.Store(m)
		return true, err
	}
	if err != nil {
		s.refused++
		s.problem, s.tried = err.Error(), time.Now()
		return true, err
	}
	s.problem = ""
	s.now.Store(m)
	s.reloads.Add(1)
	return true, nil
}
