package balance_test

import (
	"sync"
	"testing"

	"github.com/meshhop/meshhop/router/balance"
)

// TestRoundRobin: each endpoint has its turn, whatever its load, and one that is
// dead is passed by without giving its turn to the next.
func TestRoundRobin(t *testing.T) {
	set := mortal(t, 10)
	set[3].Acquire()
	picker := balance.RoundRobin{}.Picker(set)
	first := picker.Pick(nil)
	for i := range set {
		if set[i] == first {
			for n := range 30 {
				if got := picker.Pick(nil); got != set[(i+1+n)%10] {
					t.Fatal("the order is another")
				}
			}
		}
	}
	for alive := 10; alive > 0; alive-- {
		var want int
		for range 10 * alive {
			picker.Pick(nil) // wherever it is
		}
		got := counts(picker, 7*alive)
		for _, e := range set {
			if want = 0; e.Open() {
				want = 7
			}
			if got[e] != want {
				t.Fatalf("of %d that live one was picked %d times, want %d", alive, got[e], want)
			}
		}
		kill(t, set[alive*7%10]) // 0, 3, 6, 9, ...: each once
	}
	if got := counts(picker, 70); len(got) < 2 {
		t.Errorf("all being dead, %d of them were picked", len(got))
	}
}

// TestRoundRobinStartsAnywhere: not all pickers begin with the same endpoint.
func TestRoundRobinStartsAnywhere(t *testing.T) {
	set := equal(2)
	const n = 200 // all alike: 2^-199
	got := map[*balance.Endpoint]int{}
	for range n {
		got[balance.RoundRobin{}.Picker(set).Pick(nil)]++
	}
	if len(got) != 2 {
		t.Error("all pickers began with the same endpoint")
	}
}

// TestRoundRobinIsEvenConcurrently: no turn is lost or taken twice.
func TestRoundRobinIsEvenConcurrently(t *testing.T) {
	set := equal(5)
	picker := balance.RoundRobin{}.Picker(set)
	var mu sync.Mutex
	got := map[*balance.Endpoint]int{}
	var workers sync.WaitGroup
	for range 10 {
		workers.Go(func() {
			mine := counts(picker, 500)
			mu.Lock()
			defer mu.Unlock()
			for e, n := range mine {
				got[e] += n
			}
		})
	}
	workers.Wait()
	for _, e := range set {
		if got[e] != 1000 {
			t.Errorf("picked %d times, want 1000", got[e])
		}
	}
}
