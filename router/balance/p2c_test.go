package balance_test

import (
	"math"
	"slices"
	"testing"

	"github.com/meshhop/meshhop/router/balance"
)

// TestP2CIsEven: idle endpoints are picked equally often, because all pairs are equally
// likely.
func TestP2CIsEven(t *testing.T) {
	for _, size := range []int{1, 2, 3, 5, 17} {
		set := equal(size)
		expectShares(t, balance.P2C{}.Picker(set), set, slices.Repeat([]float64{1 / float64(size)}, size)...)
	}
}

func TestP2CPicksTheLessLoaded(t *testing.T) {
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

// TestP2CSpreadsLoad: the busiest of three endpoints is never picked, because one of two
// distinct endpoints is less busy.
func TestP2CSpreadsLoad(t *testing.T) {
	set := equal(3)
	set[2].Acquire()
	if n := counts(balance.P2C{}.Picker(set), 1000)[set[2]]; n != 0 {
		t.Errorf("the busiest of three was picked %d times", n)
	}
	// Unfinished requests fill the set evenly. With two choices the difference stays
	// within a few requests. A difference of 20 in 100 has a probability far below 10^-9:
	// it takes 20 steps, each against the drift.
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

// TestP2CMaxEffort: if a share d of the endpoints is dead, a pair is dead with a
// probability of about d^2, and n pairs in a row with the n-th power of that.
func TestP2CMaxEffort(t *testing.T) {
	for _, test := range []struct {
		effort  int
		choices int // with the last one, whatever it is
	}{{0, 6}, {5, 6}, {1, 2}, {-1, 1}, {30, 31}} {
		const size, dead = 10, 8
		counted := newSet(t)
		counted.Update(addresses(size))
		set := counted.Endpoints()
		markDead(t, set[:dead]...)
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
		exhausted := 1.0 // the probability that all choices but the last miss
		for range max(test.choices-1, 1) {
			exhausted *= float64(dead*(dead-1)) / float64(size*(size-1))
		}
		got := float64(counted.Stats().Exhausted)
		if d := math.Abs(got - float64(n)*exhausted); d > deviation(n, exhausted) {
			t.Errorf("MaxEffort %d was exhausted %v times of %d, want about %.0f", test.effort, got, n, float64(n)*exhausted)
		}
	}
}
