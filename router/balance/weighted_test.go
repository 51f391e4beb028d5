package balance_test

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/balance/balancetest"
)

func TestWeighted(t *testing.T) {
	for _, test := range []struct {
		about   string
		weights []float64
		shares  []float64
	}{
		{"one", []float64{3}, []float64{1}},
		{"equal", []float64{2, 2}, []float64{0.5, 0.5}},
		{"two classes", []float64{1, 3}, []float64{0.25, 0.75}},
		{"a class of two", []float64{1, 2, 1}, []float64{0.25, 0.5, 0.25}},
		{"in any order", []float64{0.5, 1, 0.5, 2}, []float64{0.125, 0.25, 0.125, 0.5}},
		{"zero", []float64{0, 1, 0}, []float64{0, 1, 0}},
		{"all zero", []float64{0, 0}, []float64{0.5, 0.5}},
		{"below zero", []float64{-1, 1}, []float64{0, 1}},
		{"NaN", []float64{math.NaN(), 1, math.NaN(), 1}, []float64{0, 0.5, 0, 0.5}},
		{"only NaN", []float64{math.NaN(), math.NaN()}, []float64{0.5, 0.5}},
		{"infinite", []float64{1, math.Inf(1)}, []float64{0, 1}},
		{"with an infinite sum", []float64{1, math.MaxFloat64, math.MaxFloat64}, []float64{0, 0.5, 0.5}},
	} {
		t.Run(test.about, func(t *testing.T) {
			set := endpoints(test.weights...)
			before := slices.Clone(set)
			picker := balance.Weighted(balance.P2C{}).Picker(set)
			expectShares(t, picker, set, test.shares...)
			if !slices.Equal(set, before) {
				t.Error("the slice was changed")
			}
		})
	}
}

// TestWeightedUsesInner: within a class the inner balancer picks. Load does not move
// requests between classes.
func TestWeightedUsesInner(t *testing.T) {
	set := endpoints(1, 1, 2, 2)
	for _, busy := range []int{0, 2} {
		for range 100 {
			set[busy].Acquire()
		}
	}
	expectShares(t, balance.Weighted(balance.P2C{}).Picker(set), set, 0, 1.0/3, 0, 2.0/3)

	// It sees the whole class, in whatever order the addresses are.
	set = endpoints(1, 2, 1, 2)
	set[0].Acquire()
	set[1].Acquire()
	expectShares(t, balance.Weighted(balance.Heap{}).Picker(set), set, 0, 0, 1.0/3, 2.0/3)
}

// TestWeightedSkipsDeadClasses: a class without an open endpoint passes the pick on to
// the next class that has one. A class with one keeps its picks.
func TestWeightedSkipsDeadClasses(t *testing.T) {
	for _, test := range []struct {
		about  string
		dead   []int
		shares []float64
	}{
		{"all alive", nil, []float64{0.1, 0.2, 0.2, 0.5}},
		{"one of a class", []int{1}, []float64{0.1, 0, 0.4, 0.5}},
		{"the lightest class", []int{0}, []float64{0, 0.25, 0.25, 0.5}},
		{"the middle class", []int{1, 2}, []float64{0.1, 0, 0, 0.9}},
		{"the heaviest class", []int{3}, []float64{0.6, 0.2, 0.2, 0}},
		{"all but one", []int{0, 1, 3}, []float64{0, 0, 1, 0}},
		{"all", []int{0, 1, 2, 3}, []float64{0.1, 0.2, 0.2, 0.5}},
	} {
		t.Run(test.about, func(t *testing.T) {
			set := newSet(t)
			all := addresses(4)
			for i, weight := range []float64{1, 2, 2, 5} {
				all[i].Weight = weight
			}
			picker := set.Update(all)
			members := set.Endpoints()
			for _, i := range test.dead {
				markDead(t, members[i])
			}
			expectShares(t, picker, members, test.shares...)
		})
	}
}

// TestWeightedKeepsTheInnerPick: if a class has an open endpoint, the pick of the inner
// balancer stands, even if it is dead.
func TestWeightedKeepsTheInnerPick(t *testing.T) {
	var inner balancetest.Balancer
	set := newSet(t, func(c *balance.SetConfig) { c.Balancer = balance.Weighted(&inner) })
	all := addresses(3)
	all[2].Weight = 1e-9
	picker := set.Update(all)
	dead, alive := set.Endpoints()[0], set.Endpoints()[1]
	inner.Want("10.0.0.1:80")
	markDead(t, dead)
	if got := counts(picker, 100); got[alive] != 0 || got[dead] == 0 {
		t.Errorf("%d picks of the dead endpoint and %d of the live one in its class", got[dead], got[alive])
	}
}

// TestAnyWeights: whatever the weights are, an endpoint of the set is picked, and never
// one without weight if another one has weight.
func TestAnyWeights(t *testing.T) {
	all := kinds(t)
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1, math.NaN(), math.Inf(1), math.Inf(-1)})), 1, 20).Draw(t, "weights")
		set := endpoints(weights...)
		hasWeight := slices.ContainsFunc(weights, func(w float64) bool { return w > 0 })
		picker := balance.Weighted(rapid.SampledFrom(all).Draw(t, "inner").balancer).Picker(set)
		for range 20 {
			e := picker.Pick(nil)
			if !slices.Contains(set, e) {
				t.Fatal("an endpoint that is not in the set was picked")
			}
			if hasWeight && !(e.Address().Weight > 0) {
				t.Fatalf("weight %v was picked", e.Address().Weight)
			}
			if rapid.Bool().Draw(t, "acquire") {
				e.Acquire()
			}
		}
	})
}
