package resolve

import (
	"sync"
	"time"
)

// shared are the questions to namers that are in use. Bindings and
// explanations that ask the same get the same activity, so that a name is
// watched once, and its age is known, however many bindings go through it. How
// long a question has been without an answer is known here, too: a union that
// has waited for it makes no other one wait.
type shared struct {
	mu  sync.Mutex
	all map[lookupKey]*share
}

type share struct {
	act   *Activity[NameTree[Name]]
	refs  int
	asked time.Time // when it was first found to be pending; zero while it is not
}

// sample is the state of a question that was taken. Since, of one that is
// pending, is when it was first asked: what its source says of that may be
// younger, where it begins anew, and older, where it was there before.
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

// serve has d ask its questions here.
func (s *shared) serve(d *deps[lookupKey, NameTree[Name]]) {
	d.take, d.sample, d.drop = s.take, s.sample, s.drop
}

// take gives the activity for key, which create makes if nobody uses it yet.
// It must be given back with drop.
func (s *shared) take(key lookupKey, create func() *Activity[NameTree[Name]]) *Activity[NameTree[Name]] {
	if act := s.again(key, nil); act != nil {
		return act
	}
	// A namer is called without the lock. An activity that is not observed
	// costs nothing, so it does not matter if two are made.
	return s.again(key, create())
}

// again counts one more user of the activity for key, which becomes fresh if
// there is none and fresh is not nil.
func (s *shared) again(key lookupKey, fresh *Activity[NameTree[Name]]) *Activity[NameTree[Name]] {
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

func (s *shared) drop(key lookupKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.all[key]
	if x.refs--; x.refs == 0 {
		delete(s.all, key)
	}
}
