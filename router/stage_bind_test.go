package router

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"

	"github.com/meshhop/meshhop/trace/tracetest"
)

// newBind is the stage, with the fake one below it.
func newBind(t *testing.T) (*alone, *bind) {
	s := newAlone(t)
	s.client.stages, s.x.leaf = s.below, nil
	return s, &bind{s.service}
}

// TestBind: an attempt holds its client until it is over, and the first one of a request
// counts at the replica set and in the server span.
func TestBind(t *testing.T) {
	s, stage := newBind(t)
	span := s.serve()
	shared := s.client.shared.bucket(s.service.policy.Budget)
	held := func(x *exchange) {
		t.Helper()
		if x.client != s.client || s.clientUsers() != 1 || x.leaf.set.ID != s.client.id || !x.found {
			t.Errorf("the client %p is held by %d", x.client, s.clientUsers())
		}
	}
	s.below.does = func(x *exchange) (*http.Response, error) { held(x); return nil, errFake }
	s.below.ends = func(x *exchange, _ Outcome) { held(x) }
	before := shared.sum(shared.tick())
	for range 2 {
		if _, err := stage.do(s.x); err != errFake {
			t.Error(err)
		}
		held(s.x)
		stage.done(s.x, Outcome{end: endAnswered})
		stage.done(s.x, Outcome{end: endAnswered}) // nothing is below any more
		s.below.want(t, "do", "answered")
		if s.x.client != nil || s.clientUsers() != 0 {
			t.Errorf("the client is held by %d after the attempt", s.clientUsers())
		}
	}
	if n := shared.sum(shared.tick()) - before; n != shared.deposit {
		t.Errorf("the two attempts put %d into the budget of the set, want %d", n, shared.deposit)
	}
	record := s.recorded(span)
	events := slices.DeleteFunc(tracetest.Events(record), func(e string) bool { return e != "namer.success" })
	if len(events) != 1 || tagOf(record, "client") != "/#/fake/web" {
		t.Errorf("%q, %v", events, tracetest.Tags(record))
	}
}

// TestBindFails: nothing is below a request whose name is not bound.
func TestBindFails(t *testing.T) {
	s, stage := newBind(t)
	s.x.binding.meaning.Store(&meaning{err: errFake})
	if _, err := stage.do(s.x); !errors.Is(err, BindingFailed) || !errors.Is(err, errFake) || s.x.found {
		t.Error(err)
	}
	stage.done(s.x, Outcome{})
	s.below.want(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.x.ctx = ctx
	s.x.binding.mu.Lock() // it may still be telling of the first meaning
	s.x.binding.meaning.Store(nil)
	s.x.binding.known = make(chan struct{})
	s.x.binding.mu.Unlock()
	if _, err := stage.do(s.x); !errors.Is(err, Canceled) {
		t.Errorf("%v while the name is not known", err)
	}
}

// TestBindRetries: a retry goes to the client that was reserved for it, as long as the
// name means the same.
func TestBindRetries(t *testing.T) {
	s, stage := newBind(t)
	s.x.next = s.x.binding.reserve()
	leaf := &route{set: s.x.next.leaf.set} // not what would be found anew
	s.x.next.leaf = leaf
	if _, err := stage.do(s.x); err != nil || s.x.leaf != leaf || s.clientUsers() != 1 {
		t.Errorf("%v, the client is held by %d", err, s.clientUsers())
	}
	stage.done(s.x, Outcome{end: endAnswered})

	s.x.next = s.x.binding.reserve()
	s.x.next.leaf = leaf
	now := *s.x.binding.meaning.Load()
	s.x.binding.meaning.Store(&now)
	if _, err := stage.do(s.x); err != nil || s.x.leaf == leaf || s.clientUsers() != 1 {
		t.Errorf("%v after a change, the client is held by %d", err, s.clientUsers())
	}
	stage.done(s.x, Outcome{end: endAnswered})
	if s.x.next.to != nil || s.clientUsers() != 0 {
		t.Errorf("the client is held by %d at the end", s.clientUsers())
	}
}

// TestBindTellsWhatWasLeftOut: once, also if the name leads nowhere without it.
func TestBindTellsWhatWasLeftOut(t *testing.T) {
	for _, err := range []error{nil, errFake} {
		s, stage := newBind(t)
		span := s.serve()
		now := *s.x.binding.meaning.Load()
		now.left = &leftOut{count: 2, text: "/a => /b"}
		now.err = err
		s.x.binding.meaning.Store(&now)
		for range 2 {
			if _, got := stage.do(s.x); !errors.Is(got, err) {
				t.Errorf("%v, want %v", got, err)
			}
			stage.done(s.x, Outcome{})
		}
		if n := s.Stats().LeftOut; n != uint64(now.left.count) || n == 0 {
			t.Errorf("%d entries were left out, want %d", n, now.left.count)
		}
		if text := tagOf(s.recorded(span), "meshhop.dtab.left_out"); text != now.left.text || text == "" {
			t.Errorf("the span says %q, want %q", text, now.left.text)
		}
	}
}
