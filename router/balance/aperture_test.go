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

// width lets clients send requests for a minute, each one after the other, and returns
// how many endpoints they used in the last ten seconds.
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

// TestApertureWidth: the aperture is as wide as the average load needs. It may be one
// wider if the load is at a bound: the endpoints are counted one after the other, so that
// a request may be counted twice.
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
		{"one client, mostly idle", balance.ApertureConfig{HighLoad: 0.6}, 1, always(10 * ms), always(100 * ms), 1, 1},
		{"MinAperture", balance.ApertureConfig{MinAperture: 3}, 1, always(10 * ms), always(0), 3, 3},
		{"MinAperture above the number of endpoints", balance.ApertureConfig{MinAperture: 99}, 1, always(10 * ms), always(0), 40, 40},
		{"twenty in flight, two for each", balance.ApertureConfig{}, 20, always(50 * ms), always(0), 10, 11},
		{"one for each", balance.ApertureConfig{HighLoad: 1}, 20, always(50 * ms), always(0), 20, 21},
		{"more than all endpoints can take", balance.ApertureConfig{}, 200, always(50 * ms), always(0), 40, 40},
		// Ten clients are in flight half of the time, 5 on average. If they are in
		// step, all or none are in flight, so that each of the 128 samples in a window
		// is 0 or 10, and the deviation of the average is 10/2/sqrt(2*128) = 0.3. With
		// a load from 0.5 to 1 for each endpoint, an average from 4 to 9 makes 5 to 9
		// endpoints: that is three deviations below 5 and thirteen above. The lower
		// bound of 5 endpoints is left at an average of 2.5, eight deviations below.
		{"in step", balance.ApertureConfig{HighLoad: 1}, 10, always(10 * ms), always(10 * ms), 5, 9},
		// If they are independent, the deviation of the number in flight is
		// sqrt(2.5), and samples 5 ms apart are independent: the deviation of the
		// average is still smaller.
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

// TestApertureFollows: the aperture becomes narrow again, and its width is kept when
// another picker is made.
func TestApertureFollows(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		set := equal(40)
		balancer := aperture(t, balance.ApertureConfig{})
		picker := balancer.Picker(set)
		sending := func(clients, low int) {
			t.Helper()
			if got := width(picker, clients, always(50*time.Millisecond), always(0)); got < low || got > low+1 {
				t.Errorf("%d clients use %d endpoints, want %d or one more", clients, got, low)
			}
		}
		used := func() map[*balance.Endpoint]int { return counts(picker, 4000) } // the probability that one is missed is 11 * (9/11)^4000
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
			t.Errorf("%d endpoints were used before and %d after, %d of the former not", len(before), len(after), missing)
		}
		sending(20, 10)
		sending(2, 3)
		sending(1, 1)
		picker = balancer.Picker(set[:1])
		sending(5, 1)
	})
}

// TestApertureOrder: the order of endpoints is random. The probability that all of 200
// apertures have the same endpoint first is 2^-199.
func TestApertureOrder(t *testing.T) {
	first := map[bool]int{}
	for range 200 {
		set := equal(2)
		first[aperture(t, balance.ApertureConfig{}).Picker(set).Pick(nil) == set[0]]++
	}
	if len(first) != 2 {
		t.Error("all apertures have the same endpoint first")
	}
}

// TestApertureLooksOutside: if the endpoints of the aperture are dead, others are picked.
func TestApertureLooksOutside(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		set := failingEndpoints(t, 10)
		picker := aperture(t, balance.ApertureConfig{}).Picker(set)
		last := set[0]
		for n := range set {
			e := picker.Pick(nil)
			if e == last && n > 0 || !e.Open() {
				t.Fatalf("with %d endpoints dead, a dead one was picked", n)
			}
			if again := picker.Pick(nil); again != e {
				t.Fatal("without load, two endpoints are used")
			}
			markDead(t, e)
			last = e
		}
		if picker.Pick(nil).Open() {
			t.Error("an endpoint is still alive")
		}
		time.Sleep(time.Hour)
		if picker.Pick(nil) == last {
			t.Error("the last endpoint was picked although the first is due for a probe")
		}
	})
	// If the four endpoints in the aperture are dead, the next four share the load.
	set := failingEndpoints(t, 10)
	picker := aperture(t, balance.ApertureConfig{MinAperture: 4}).Picker(set)
	for e := range counts(picker, 1000) {
		markDead(t, e)
	}
	got := map[*balance.Endpoint]int{}
	for range 40 {
		e := picker.Pick(nil)
		e.Acquire()
		got[e]++
	}
	if len(got) != 4 {
		t.Errorf("%d endpoints share the load, want 4", len(got))
	}
	for e, n := range got {
		if n != 10 || !e.Open() {
			t.Errorf("an endpoint has %d requests, want 10; open: %v", n, e.Open())
		}
	}
}

// TestApertureConcurrently takes a sample at every change, in many goroutines.
func TestApertureConcurrently(t *testing.T) {
	set := equal(10)
	picker := aperture(t, balance.ApertureConfig{SmoothWindow: 1}).Picker(set)
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			for range 2000 {
				send(picker.Pick(nil), balance.Success)
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
			t.Errorf("NewAperture accepts %+v", config)
		}
	}
}
