package balance_test

import (
	"errors"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
)

func endpoint(weight float64) *balance.Endpoint {
	return balance.NewEndpoint(resolve.Address{Weight: weight}, nil)
}

func endpoints(weights ...float64) []*balance.Endpoint {
	var all []*balance.Endpoint
	for _, w := range weights {
		all = append(all, endpoint(w))
	}
	return all
}

// TestP2CReachesAll: each of three idle replicas gets its part of 300 requests.
func TestP2CReachesAll(t *testing.T) {
	set := endpoints(1, 1, 1)
	got := counts(balance.P2C().Picker(set), 300)
	for _, e := range set {
		if n := got[e]; n < 15 || n > 285 {
			t.Errorf("picked %d times of 300", n)
		}
	}
}

// TestP2CIsEven: idle replicas are picked equally often, the pairs being
// equally likely.
func TestP2CIsEven(t *testing.T) {
	for _, size := range []int{2, 3, 5} {
		set := endpoints(slices.Repeat([]float64{1}, size)...)
		share := 1 / float64(size)
		measure(t, balance.P2C().Picker(set), set, slices.Repeat([]float64{share}, size))
	}
}

func TestP2CTakesTheLessLoaded(t *testing.T) {
	set := endpoints(1, 1)
	busy, idle := set[0], set[1]
	picker := balance.P2C().Picker(set)
	busy.Begin()
	for range 100 {
		if picker.Pick(nil) != idle {
			t.Fatal("the busier of two was picked")
		}
	}
	idle.Begin()
	idle.Begin()
	busy.End()
	for range 100 {
		if picker.Pick(nil) != busy {
			t.Fatal("the busier of two was picked")
		}
	}
	if busy.Pending() != 0 || idle.Pending() != 2 {
		t.Errorf("%d and %d pending", busy.Pending(), idle.Pending())
	}
}

// TestP2CSpreadsLoad: of three, the busiest is picked only when nobody is less
// busy, which with two distinct choices is never.
func TestP2CSpreadsLoad(t *testing.T) {
	set := endpoints(1, 1, 1)
	set[2].Begin()
	got := counts(balance.P2C().Picker(set), 1000)
	if n := got[set[2]]; n != 0 {
		t.Errorf("the busiest was picked %d times", n)
	}
	// Requests that never end fill the set evenly.
	set = endpoints(1, 1, 1, 1)
	picker := balance.P2C().Picker(set)
	for range 400 {
		picker.Pick(nil).Begin()
	}
	for _, e := range set {
		if p := e.Pending(); p < 90 || p > 110 {
			t.Errorf("%d of 400 pending on one of four", p)
		}
	}
}

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
		{"not a number", []float64{math.NaN(), 1, math.NaN(), 1}, []float64{0, 0.5, 0, 0.5}},
		{"no number at all", []float64{math.NaN(), math.NaN()}, []float64{0.5, 0.5}},
		{"without end", []float64{1, math.Inf(1)}, []float64{0, 1}},
		{"too large together", []float64{1, math.MaxFloat64, math.MaxFloat64}, []float64{0, 0.5, 0.5}},
	} {
		t.Run(test.about, func(t *testing.T) {
			set := endpoints(test.weights...)
			before := slices.Clone(set)
			picker := balance.Weighted(balance.P2C()).Picker(set)
			measure(t, picker, set, test.shares)
			if !slices.Equal(set, before) {
				t.Error("the slice was changed")
			}
		})
	}
}

// TestWeightedUsesInner: within a class the inner policy chooses, and load
// does not move requests between classes.
func TestWeightedUsesInner(t *testing.T) {
	set := endpoints(1, 1, 2, 2)
	for _, busy := range []int{0, 2} {
		for range 100 {
			set[busy].Begin()
		}
	}
	measure(t, balance.Weighted(balance.P2C()).Picker(set), set, []float64{0, 1.0 / 3, 0, 2.0 / 3})
}

// TestLaws: whatever the weights are, one of the set is picked, and never one
// of no weight unless there is no other.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, 1, math.NaN(), math.Inf(1), math.Inf(-1)})), 1, 20).Draw(t, "weights")
		set := endpoints(weights...)
		weighty := slices.ContainsFunc(weights, func(w float64) bool { return w > 0 })
		picker := balance.Weighted(balance.P2C()).Picker(set)
		for range 20 {
			e := picker.Pick(nil)
			if !slices.Contains(set, e) {
				t.Fatal("a stranger was picked")
			}
			if weighty && !(e.Address().Weight > 0) {
				t.Fatalf("weight %v was picked", e.Address().Weight)
			}
			if rapid.Bool().Draw(t, "begin") {
				e.Begin()
			}
		}
	})
}

func counts(picker balance.Picker, n int) map[*balance.Endpoint]int {
	got := map[*balance.Endpoint]int{}
	for range n {
		got[picker.Pick(nil)]++
	}
	return got
}

// measure compares how often each endpoint is picked with its share. Three
// sigmas hold 997 times of 1000; three measurements must not all miss them.
func measure(t *testing.T, picker balance.Picker, set []*balance.Endpoint, shares []float64) {
	t.Helper()
	for tries := 3; ; tries-- {
		err := split(picker, set, shares)
		if err == nil {
			return
		}
		if tries == 1 {
			t.Fatal(err)
		}
	}
}

func split(picker balance.Picker, set []*balance.Endpoint, shares []float64) error {
	const n = 6000
	got := counts(picker, n)
	for i, e := range set {
		mean := n * shares[i]
		if math.Abs(float64(got[e])-mean) > 3*math.Sqrt(mean*(1-shares[i])) {
			return errors.New("the split is not that of the weights")
		}
	}
	return nil
}

// TestRetire: idle connections are closed when an endpoint leaves, and again
// when the last requests that it had chosen are over.
func TestRetire(t *testing.T) {
	transport := &idle{}
	address := resolve.Address{AddrPort: netip.MustParseAddrPort("10.0.0.1:80"), Weight: 1}
	e := balance.NewEndpoint(address, transport)
	if e.Address() != address || e.Transport() != transport {
		t.Error("the endpoint is another")
	}
	steps := []struct {
		about string
		do    func()
		want  int64
	}{
		{"begin", e.Begin, 0}, {"end", e.End, 0}, {"begin", e.Begin, 0}, {"retire", e.Retire, 1}, {"end", e.End, 2},
		{"begin late", e.Begin, 2}, {"end late", e.End, 3},
	}
	for _, step := range steps {
		step.do()
		if got := transport.closed.Load(); got != step.want {
			t.Errorf("after %s closed %d times, want %d", step.about, got, step.want)
		}
	}
	plain := endpoint(1) // its transport keeps no connections
	plain.Retire()
	plain.Begin()
	plain.End()
}

type idle struct {
	http.RoundTripper
	closed atomic.Int64
}

func (i *idle) CloseIdleConnections() { i.closed.Add(1) }

// TestConcurrent is for the race detector.
func TestConcurrent(t *testing.T) {
	set := endpoints(1, 1, 2, 2)
	picker := balance.Weighted(balance.P2C()).Picker(set)
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for range 1000 {
				e := picker.Pick(nil)
				e.Begin()
				e.End()
			}
		})
	}
	workers.Wait()
	for _, e := range set {
		if e.Pending() != 0 {
			t.Errorf("%d pending", e.Pending())
		}
	}
}

// TestPickCostsNothing: picking does not allocate.
func TestPickCostsNothing(t *testing.T) {
	picker := balance.Weighted(balance.P2C()).Picker(endpoints(1, 1, 2, 3, 3))
	if n := testing.AllocsPerRun(1000, func() { picker.Pick(nil) }); n != 0 {
		t.Errorf("a pick allocates %v times", n)
	}
}

func BenchmarkPick(b *testing.B) {
	picker := balance.P2C().Picker(endpoints(1, 1, 1))
	b.ReportAllocs()
	for b.Loop() {
		picker.Pick(nil)
	}
}
