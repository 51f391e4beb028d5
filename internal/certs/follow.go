package certs

import (
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// follow reads the files again when something in their directories changes, and now and
// then, until Close.
func (s *Store) follow() {
	s.mu.Lock()
	var events chan fsnotify.Event
	var failures chan error
	if s.notify != nil {
		events, failures = s.notify.Events, s.notify.Errors
	}
	s.mu.Unlock()
	refresh := time.NewTicker(s.refresh)
	defer refresh.Stop()
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-events:
			s.awaitEnd(events)
		case err := <-failures:
			s.log.Warn("watching certificates", "error", err)
		case <-refresh.C:
		}
		s.loadAll()
	}
}

// awaitEnd waits until a burst of events is over.
func (s *Store) awaitEnd(events <-chan fsnotify.Event) {
	still, end := time.NewTimer(settle), time.NewTimer(maxBurst)
	defer still.Stop()
	defer end.Stop()
	for {
		select {
		case <-events:
			still.Reset(settle)
		case <-still.C:
			return
		case <-end.C:
			return
		case <-s.ctx.Done():
			return
		}
	}
}

func (s *Store) loadAll() {
	s.mu.Lock()
	sets := slices.Clone(s.sets)
	s.mu.Unlock()
	for _, set := range sets {
		if changed, err := set.load(); changed {
			s.tell(set, err)
		}
	}
}

// tell logs what became of files that had changed. Each state of the files is told once.
func (s *Store) tell(set *Set, err error) {
	if err != nil {
		s.log.Error("certificates refused: those before stay", "of", set.place, "error", err)
		return
	}
	m := set.Current()
	for _, notice := range m.Notices {
		s.log.Warn("certificates", "of", set.place, "notice", notice)
	}
	if m.Cert == nil {
		s.log.Info("certificates taken", "of", set.place)
		return
	}
	s.log.Info("certificates taken", "of", set.place, "subject", m.Cert.Leaf.Subject.String(), "notAfter", m.NotAfter)
}
