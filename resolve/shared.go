package resolve

import (
	"sync"
	"time"
)

// shared are the questions to namers that are in use. Bindings and explanations with
// the same question share an activity: a name is watched once, and its age is known,
// however many bindings use it. It also knows how long a question has had no answer, so
// that when one union has waited for it no other one does.
type shared struct {
	mu  sync.Mutex
	all map[lookupKey]*share
}

type share struct {
	act   *Activity[NameTree[Name]]
	refs  int
	asked time.Time // when it was first found to be pending; zero while it is not
}

// sample is the state of an acquired question. If it is pending, Since is when it was
// first asked. What its source says may be later, if the source has been restarted, or
// earlier, if the activity existed before.
func (s *shared) sample(key lookupKey) State[NameTree[Name]] {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.all[key]
	state := x.act.Sample()
	switch {
	case state.Status != Pending:
		x.asked = time.Time{}
		return state
	case x.asked.IsZero():
		x.asked = time.Now()
	}
	state.Since = x.asked
	return state
}

// serve makes d ask its questions here.
func (s *shared) serve(d *deps[lookupKey, NameTree[Name]]) {
	d.acquire, d.sample, d.release = s.acquire, s.sample, s.release
}

// acquire returns the activity for key, which create makes if nobody uses it yet. The
// caller must release it.
func (s *shared) acquire(key lookupKey, create func() *Activity[NameTree[Name]]) *Activity[NameTree[Name]] {
	if act := s.retain(key, nil); act != nil {
		return act
	}
	// A namer is called without the lock. An activity that is not observed
	// costs nothing, so it does not matter if two are made.
	return s.retain(key, create())
}

// retain counts one more user of the activity for key. If there is none, it becomes
// fresh, unless that is nil.
func (s *shared) retain(key lookupKey, fresh *Activity[NameTree[Name]]) *Activity[NameTree[Name]] {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.all[key]
	if x == nil {
		if fresh == nil {
			return nil
		}
		if s.all == nil {
			s.all = make(map[lookupKey]*share)
		}
		x = &share{act: fresh}
		s.all[key] = x
	}
	x.refs++
	return x.act
}

func (s *shared) release(key lookupKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.all[key]
	if x.refs--; x.refs == 0 {
		delete(s.all, key)
	}
}
