package balance_test

import (
	"sync"
	"testing"

	"github.com/meshhop/meshhop/router/balance"
)

// TestRoundRobin: each endpoint has its turn, whatever its load. A dead endpoint is
// skipped, and the next one does not get its turn in addition.
func TestRoundRobin(t *testing.T) {
	set := failingEndpoints(t, 10)
	set[3].Acquire()
	picker := balance.RoundRobin{}.Picker(set)
	first := picker.Pick(nil)
	for i := range set {
		if set[i] == first {
			for n := range 30 {
				if got := picker.Pick(nil); got != set[(i+1+n)%10] {
					t.Fatalf("pick %d is not the next endpoint", n)
				}
			}
		}
	}
	for alive := 10; alive > 0; alive-- {
		var want int
		for range 10 * alive {
			picker.Pick(nil) // start at any endpoint
		}
		got := counts(picker, 7*alive)
		for _, e := range set {
			if want = 0; e.Open() {
				want = 7
			}
			if got[e] != want {
				t.Fatalf("with %d endpoints alive, one was picked %d times, want %d", alive, got[e], want)
			}
		}
		markDead(t, set[alive*7%10]) // 0, 3, 6, 9, ...: each once
	}
	if got := counts(picker, 70); len(got) < 2 {
		t.Errorf("with all endpoints dead, %d of them were picked", len(got))
	}
}

// TestRoundRobinStartsAnywhere: not all pickers start with the same endpoint.
func TestRoundRobinStartsAnywhere(t *testing.T) {
	set := equal(2)
	const n = 200 // the probability that all are the same is 2^-199
	got := map[*balance.Endpoint]int{}
	for range n {
		got[balance.RoundRobin{}.Picker(set).Pick(nil)]++
	}
	if len(got) != 2 {
		t.Error("all pickers started with the same endpoint")
	}
}

// TestRoundRobinConcurrently: no turn is lost or used twice.
func TestRoundRobinConcurrently(t *testing.T) {
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
