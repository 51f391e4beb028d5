package router

import (
	"fmt"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/resolve"
)

// TestPairsAreBounded: names beyond the bound share one at each replica set, and the
// place of one that has left the cache is free for another.
func TestPairsAreBounded(t *testing.T) {
	const names = maxPairs + 50
	r, _ := bound(t)
	ask := func(name string) {
		request := example(t)
		request.Host = name
		passed(t, r, request, &inbound.Request{}, &inbound.Context{})
	}
	for range 2 {
		for i := range names {
			ask(fmt.Sprint("n", i))
		}
	}
	check := func(what string, own, folded int, other uint64) {
		t.Helper()
		got := r.View().Latencies()
		var named int
		var unnamed uint64
		for _, p := range got.Pairs {
			if p.Service.IsEmpty() {
				unnamed += p.Success
			} else if named++; p.Success == 0 || p.Pending != 0 || p.Latency.Total().All.Count() != p.Success {
				t.Errorf("%s: %+v", what, p)
			}
		}
		if named != own || unnamed != other || got.Folded != folded {
			t.Errorf("%s: %d have their own, %d are folded, which have %d requests; want %d, %d, %d",
				what, named, got.Folded, unnamed, own, folded, other)
		}
	}
	check("all", maxPairs, 50, 100)
	for range 2 { // the first one sees the last uses
		r.bindings.sweep(time.Now().Add(time.Hour), 0)
	}
	if n := r.Stats().Paths.Size; n != 0 {
		t.Fatalf("%d names are left", n)
	}
	check("the names have gone", 0, 0, 100)
	ask("new")
	check("a new name", 1, 0, 100)
}

// TestPairsEnd: the pairs of a replica set go with it.
func TestPairsEnd(t *testing.T) {
	s := newAlone(t)
	s.pairs.of(pairKey{s.client, s.service})
	for i := range maxPairs {
		s.pairs.of(pairKey{s.client, &service{own: i}})
	}
	s.pairs.forgetClient(s.client)
	if len(s.pairs.own)+len(s.pairs.folded)+len(s.pairs.other) != 0 {
		t.Errorf("%d, %d and %d are left", len(s.pairs.own), len(s.pairs.folded), len(s.pairs.other))
	}
}

// TestPairsOfOthersStay: what is folded at another replica set stays folded.
func TestPairsOfOthersStay(t *testing.T) {
	s := newAlone(t)
	for i := range maxPairs {
		s.pairs.of(pairKey{s.client, &service{own: i}})
	}
	other := &client{}
	s.pairs.of(pairKey{s.client, s.service})
	s.pairs.of(pairKey{other, s.service})
	s.pairs.forgetClient(s.client)
	if _, folded := s.pairs.read(0, func(resolve.Path) bool { return false }); folded != 1 {
		t.Errorf("%d are folded at the other one", folded)
	}
}

// TestPairOfAnotherClient: a route whose replica set came back is counted there.
func TestPairOfAnotherClient(t *testing.T) {
	s := newAlone(t)
	first := s.pairOf(s.x.leaf, s.client, s.service)
	if again := s.pairOf(s.x.leaf, s.client, s.service); again != first {
		t.Error("the route has forgotten its pair")
	}
	if other := s.pairOf(s.x.leaf, &client{}, s.service); other == first {
		t.Error("another client has the same pair")
	}
}
