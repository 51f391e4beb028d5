package balance_test

import (
	"math"
	"slices"
	"testing"

	"github.com/meshhop/meshhop/router/balance"
)

// TestP2CIsEven: idle replicas are picked equally often, the pairs being
// equally likely.
func TestP2CIsEven(t *testing.T) {
	for _, size := range []int{1, 2, 3, 5, 17} {
		set := equal(size)
		expectShares(t, balance.P2C{}.Picker(set), set, slices.Repeat([]float64{1 / float64(size)}, size)...)
	}
}

func TestP2CTakesTheLessLoaded(t *testing.T) {
	set := equal(2)
	a, b := set[0], set[1]
	picker := balance.P2C{}.Picker(set)
	lease := a.Acquire()
	if n := counts(picker, 100)[a]; n != 0 {
		t.Errorf("the busier of two was picked %d times of 100", n)
	}
	b.Acquire()
	b.Acquire()
	lease.Done()
	if n := counts(picker, 100)[b]; n != 0 {
		t.Errorf("the busier of two was picked %d times of 100", n)
	}
}

// TestP2CSpreadsLoad: of three, the busiest is picked only when nobody is less
// busy, which with two distinct choices is never.
func TestP2CSpreadsLoad(t *testing.T) {
	set := equal(3)
	set[2].Acquire()
	if n := counts(balance.P2C{}.Picker(set), 1000)[set[2]]; n != 0 {
		t.Errorf("the busiest was picked %d times", n)
	}
	// Requests that never end fill the set evenly. With two choices the
	// difference stays within a few requests; that it is 20 of 100 has a chance
	// of far less than 10^-9 (it takes 20 steps, each against the drift).
	set = equal(4)
	picker := balance.P2C{}.Picker(set)
	for range 400 {
		picker.Pick(nil).Acquire()
	}
	for _, e := range set {
		if p := e.Pending(); p < 80 || p > 120 {
			t.Errorf("%d of 400 pending on one of four", p)
		}
	}
}

// TestP2CEffort: with a share d of endpoints dead, a choice of two finds only
// dead ones with about d^2, and all choices do with the power of their number.
func TestP2CEffort(t *testing.T) {
	for _, test := range []struct {
		effort  int
		choices int // and that which takes whatever it gets
	}{{0, 6}, {5, 6}, {1, 2}, {-1, 1}, {30, 31}} {
		const size, dead = 10, 8
		counted := newSet(t)
		counted.Update(addresses(size))
		set := counted.Endpoints()
		kill(t, set[:dead]...)
		picker := balance.P2C{MaxEffort: test.effort}.Picker(set)
		miss := 1.0
		for range test.choices {
			miss *= float64(dead*(dead-1)) / float64(size*(size-1))
		}
		var shares []float64
		for i := range size {
			if i < dead {
				shares = append(shares, miss/dead)
			} else {
				shares = append(shares, (1-miss)/(size-dead))
			}
		}
		n := expectShares(t, picker, set, shares...)
		exhausted := 1.0 // that all but the last choice miss
		for range max(test.choices-1, 1) {
			exhausted *= float64(dead*(dead-1)) / float64(size*(size-1))
		}
		got := float64(counted.Stats().Exhausted)
		if d := math.Abs(got - float64(n)*exhausted); d > deviation(n, exhausted) {
			t.Errorf("effort %d was exhausted %v times of %d, want some %.0f", test.effort, got, n, float64(n)*exhausted)
		}
	}
}
