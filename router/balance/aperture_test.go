package balance_test

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/router/balance"
)

func aperture(t testing.TB, config balance.ApertureConfig) balance.Balancer {
	return must[balance.Balancer](t)(balance.NewAperture(config))
}

// width lets clients send for a minute, each one request after the other, and
// says how many endpoints they used in its last ten seconds.
func width(picker balance.Picker, clients int, busy, idle func() time.Duration) int {
	end := time.Now().Add(time.Minute)
	var mu sync.Mutex
	used := map[*balance.Endpoint]bool{}
	var all sync.WaitGroup
	for range clients {
		all.Go(func() {
			for time.Now().Before(end) {
				e := picker.Pick(nil)
				if time.Until(end) < 10*time.Second {
					mu.Lock()
					used[e] = true
					mu.Unlock()
				}
				take(e, busy())
				time.Sleep(idle())
			}
		})
	}
	all.Wait()
	return len(used)
}

func always(d time.Duration) func() time.Duration { return func() time.Duration { return d } }

func about(d time.Duration) func() time.Duration {
	return func() time.Duration { return time.Duration(rand.ExpFloat64() * float64(d)) }
}

// TestApertureWidth: as wide as the load, averaged over time, needs. One more
// may be used where the load is just at a bound: endpoints are counted one after
// the other, and so a request may be counted twice.
func TestApertureWidth(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		about      string
		config     balance.ApertureConfig
		clients    int
		busy, idle func() time.Duration
		low, high  int
	}{
		{"one client", balance.ApertureConfig{}, 1, always(10 * ms), always(0), 1, 1},
		{"one that is mostly idle", balance.ApertureConfig{HighLoad: 0.6}, 1, always(10 * ms), always(100 * ms), 1, 1},
		{"at least so many", balance.ApertureConfig{MinAperture: 3}, 1, always(10 * ms), always(0), 3, 3},
		{"more than there are", balance.ApertureConfig{MinAperture: 99}, 1, always(10 * ms), always(0), 40, 40},
		{"twenty in flight, two for each", balance.ApertureConfig{}, 20, always(50 * ms), always(0), 10, 11},
		{"one for each", balance.ApertureConfig{HighLoad: 1}, 20, always(50 * ms), always(0), 20, 21},
		{"more than they can bear", balance.ApertureConfig{}, 200, always(50 * ms), always(0), 40, 40},
		// The average of ten clients, each in half of the time, is 5. In step
		// with each other they are all in flight or none, so that each of the
		// 128 times in a window is 0 or 10, and the deviation of the average
		// 10/2/sqrt(2*128) = 0.3. Between 0.5 and 1 for each endpoint, an average
		// from 4 to 9 makes 5 to 9 endpoints: more than three deviations down,
		// thirteen up. Down, 2.5 would take the bound there, eight deviations.
		{"in step", balance.ApertureConfig{HighLoad: 1}, 10, always(10 * ms), always(10 * ms), 5, 9},
		// At random the deviation of what is in flight is sqrt(2.5), and it is
		// another after some 5 ms: still less.
		{"at random", balance.ApertureConfig{HighLoad: 1}, 10, about(10 * ms), about(10 * ms), 5, 9},
	} {
		t.Run(test.about, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				picker := aperture(t, test.config).Picker(equal(40))
				if got := width(picker, test.clients, test.busy, test.idle); got < test.low || got > test.high {
					t.Errorf("%d endpoints were used, want %d to %d", got, test.low, test.high)
				}
			})
		})
	}
}

// TestApertureFollows: it becomes narrow again, and what it is outlives the
// picker.
func TestApertureFollows(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		set := equal(40)
		balancer := aperture(t, balance.ApertureConfig{})
		picker := balancer.Picker(set)
		sending := func(clients, low int) {
			t.Helper()
			if got := width(picker, clients, always(50*time.Millisecond), always(0)); got < low || got > low+1 {
				t.Errorf("%d clients use %d endpoints, want %d, or one more", clients, got, low)
			}
		}
		used := func() map[*balance.Endpoint]int { return counts(picker, 4000) } // that one is not: 11 * (9/11)^4000
		sending(20, 10)
		before := used()
		set = append(set, equal(1)...)
		picker = balancer.Picker(set)
		take(picker.Pick(nil), time.Millisecond)
		after, missing := used(), 0
		for e := range before {
			if after[e] == 0 {
				missing++
			}
		}
		if len(before) < 10 || len(after) != len(before) || missing > 1 {
			t.Errorf("%d endpoints are used, then %d, without %d of the former", len(before), len(after), missing)
		}
		sending(20, 10)
		sending(2, 3)
		sending(1, 1)
		picker = balancer.Picker(set[:1])
		sending(5, 1)
	})
}

// TestApertureOrder is another one in each process: of two endpoints, not all
// have the same one first. That it is so by chance is 2^-199.
func TestApertureOrder(t *testing.T) {
	first := map[bool]int{}
	for range 200 {
		set := equal(2)
		first[aperture(t, balance.ApertureConfig{}).Picker(set).Pick(nil) == set[0]]++
	}
	if len(first) != 2 {
		t.Error("all have the same one first")
	}
}

// TestApertureLooksBeyond: what is dead does not narrow it.
func TestApertureLooksBeyond(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		set := mortal(t, 10)
		picker := aperture(t, balance.ApertureConfig{}).Picker(set)
		last := set[0]
		for n := range set {
			e := picker.Pick(nil)
			if e == last && n > 0 || !e.Open() {
				t.Fatalf("with %d dead, a dead one was picked", n)
			}
			if again := picker.Pick(nil); again != e {
				t.Fatal("without load, it takes two")
			}
			kill(t, e)
			last = e
		}
		if picker.Pick(nil).Open() {
			t.Error("one is alive")
		}
		time.Sleep(time.Hour)
		if picker.Pick(nil) == last {
			t.Error("the first of all is alive again, and the last of all was picked")
		}
	})
	// All in flight, and the four that are in the aperture are dead: the next
	// four share the load.
	set := mortal(t, 10)
	picker := aperture(t, balance.ApertureConfig{MinAperture: 4}).Picker(set)
	for e := range counts(picker, 1000) {
		kill(t, e)
	}
	got := map[*balance.Endpoint]int{}
	for range 40 {
		e := picker.Pick(nil)
		e.Acquire()
		got[e]++
	}
	if len(got) != 4 {
		t.Errorf("%d share the load, want 4", len(got))
	}
	for e, n := range got {
		if n != 10 || !e.Open() {
			t.Errorf("one that is open: %v has %d requests, want 10", e.Open(), n)
		}
	}
}

// TestApertureConcurrently measures the load with every request that begins or
// ends, all at once.
func TestApertureConcurrently(t *testing.T) {
	set := equal(10)
	picker := aperture(t, balance.ApertureConfig{SmoothWindow: 1}).Picker(set)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for range 2000 {
				ask(picker.Pick(nil), balance.Success)
			}
		})
	}
	workers.Wait()
	for _, e := range set {
		if n := e.Pending(); n != 0 {
			t.Errorf("%d pending", n)
		}
	}
}

func TestApertureErrors(t *testing.T) {
	for _, config := range []balance.ApertureConfig{
		{SmoothWindow: -1}, {MinAperture: -1}, {LowLoad: -1}, {HighLoad: -1}, {LowLoad: 2}, {HighLoad: 0.5}, {LowLoad: 3, HighLoad: 1},
		{LowLoad: math.NaN()}, {HighLoad: math.NaN()}, {HighLoad: math.Inf(1)},
	} {
		if _, err := balance.NewAperture(config); err == nil {
			t.Errorf("%+v is taken", config)
		}
	}
}
