package resolve

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Activity is a value that changes, and that may not be known yet. It is lazy: its
// source runs from the first Observe until the last observer has stopped. An Activity
// is used by pointer and is safe for concurrent use.
//
// While nobody observes it, Sample returns the last state; when it is observed again it
// starts as Pending. The activities of [Const], [FailedActivity] and [Var] have no
// source and are always current.
type Activity[T any] struct {
	node  atomic.Pointer[node[T]]
	start source[T] // nil: nothing to run

	mu        sync.Mutex
	observers []*observer[T] // copied on write
	session   *session       // of the source that runs now
	seq       uint64
}

// source makes an activity run: it calls set until soon after stop is called. Neither
// is called with a lock held.
type source[T any] func(set func(State[T])) (stop func())

// node is a published state. seq numbers the states of one activity.
type node[T any] struct {
	State[T]
	seq uint64
}

// session is one run of a source, from the first observer to the last.
type session struct{ stop func() }

func newActivity[T any](start source[T]) *Activity[T] {
	a := &Activity[T]{start: start}
	a.node.Store(&node[T]{})
	return a
}

func stillActivity[T any](s State[T]) *Activity[T] {
	a := &Activity[T]{}
	a.publish(s)
	return a
}

// Const is an activity whose value is v for ever.
func Const[T any](v T) *Activity[T] { return stillActivity(okState(v)) }

// FailedActivity is an activity that has failed for ever.
func FailedActivity[T any](err error) *Activity[T] {
	return stillActivity(State[T]{Status: Failed, Err: err})
}

// NewActivity is an activity whose source is run. The first observer starts run in its
// own goroutine. It calls set as often as it likes, from any goroutine, and must return
// when ctx ends, which is soon after the last observer has stopped; what it sets after
// that is ignored. A later run waits until the previous one has returned.
func NewActivity[T any](run func(ctx context.Context, set func(State[T]))) *Activity[T] {
	var mu sync.Mutex
	var last chan struct{}
	return newActivity(func(set func(State[T])) func() {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan struct{})
		mu.Lock()
		before := last
		last = done
		mu.Unlock()
		go func() {
			defer close(done)
			if before != nil {
				<-before
			}
			if ctx.Err() == nil {
				run(ctx, set)
			}
		}()
		return cancel
	})
}

// MapActivity applies f to the value of each state. f must be quick; it is called
// again for each change. The result runs while it is observed.
func MapActivity[T, U any](a *Activity[T], f func(T) U) *Activity[U] {
	mapState := func(s State[T]) State[U] {
		out := State[U]{Status: s.Status, Err: s.Err, Since: s.Since}
		if s.Status == OK {
			out.Value = f(s.Value)
		}
		return out
	}
	return newActivity(func(set func(State[U])) func() {
		return a.Observe(func(s State[T]) { set(mapState(s)) })
	})
}

// Sample returns the current state. It is one atomic load and never waits.
func (a *Activity[T]) Sample() State[T] { return a.node.Load().State }

// Observe makes the activity run. It calls f with the current state before it returns,
// then with each later state, never concurrently. Of the states that arrive while f
// runs only the newest is delivered. f is called in the goroutine that sets a state and
// must not block.
//
// After stop has returned no further call of f starts; a call in another goroutine may
// still be running. stop may be called from inside f and more than once.
func (a *Activity[T]) Observe(f func(State[T])) (stop func()) {
	o := &observer[T]{f: f, busy: true}
	a.mu.Lock()
	a.observers = append(a.observers[:len(a.observers):len(a.observers)], o)
	var s *session
	if a.start != nil && len(a.observers) == 1 {
		s = &session{}
		a.session = s
		a.publishLocked(State[T]{})
	}
	a.mu.Unlock()
	if s != nil {
		a.startSource(s)
	}
	o.start(a)
	return func() { a.remove(o) }
}

// Wait keeps the activity running until it is no longer pending, and returns its value
// or its error. If ctx ends first it returns the cause of that.
func (a *Activity[T]) Wait(ctx context.Context) (T, error) {
	known := make(chan State[T], 1)
	stop := a.Observe(func(s State[T]) {
		if s.Status != Pending {
			select {
			case known <- s:
			default:
			}
		}
	})
	defer stop()
	select {
	case s := <-known:
		return s.Value, s.Err
	default:
	}
	select {
	case s := <-known:
		return s.Value, s.Err
	case <-ctx.Done():
		var zero T
		return zero, context.Cause(ctx)
	}
}

// startSource starts the source for session s. The session cannot end meanwhile: nobody can
// stop the observer that it is started for before Observe returns.
func (a *Activity[T]) startSource(s *session) {
	stop := a.start(func(st State[T]) { a.set(s, st) })
	a.mu.Lock()
	s.stop = stop
	a.mu.Unlock()
}

// remove removes o, and stops the source if it was the last observer.
func (a *Activity[T]) remove(o *observer[T]) {
	o.stopped.Store(true)
	a.mu.Lock()
	i := slices.Index(a.observers, o)
	if i < 0 {
		a.mu.Unlock()
		return
	}
	a.observers = slices.Delete(slices.Clone(a.observers), i, i+1)
	var stop func()
	if s := a.session; s != nil && len(a.observers) == 0 {
		a.session, stop = nil, s.stop
	}
	a.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// set publishes a state of session s, unless that is over.
func (a *Activity[T]) set(s *session, st State[T]) {
	a.mu.Lock()
	if a.session != s {
		a.mu.Unlock()
		return
	}
	a.publishLocked(st)
	observers := a.observers
	a.mu.Unlock()
	for _, o := range observers {
		o.deliver(a)
	}
}

// publish sets the state of an activity without a source.
func (a *Activity[T]) publish(st State[T]) { a.set(nil, st) }

func (a *Activity[T]) publishLocked(st State[T]) {
	if st.Since.IsZero() {
		st.Since = time.Now()
	}
	a.seq++
	a.node.Store(&node[T]{State: st, seq: a.seq})
}
