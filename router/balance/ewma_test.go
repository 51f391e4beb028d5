package balance_test

import (
	"math"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/router/balance"
)

func ewma(t testing.TB, decay time.Duration) balance.Balancer {
	return must[balance.Balancer](t)(balance.NewEWMA(balance.EWMAConfig{DecayTime: decay}))
}

// take has a request take so long.
func take(e *balance.Endpoint, took time.Duration) {
	lease := e.Acquire()
	time.Sleep(took)
	lease.Done()
}

// loadOf measures the load of the first of two endpoints in milliseconds, give
// or take one: so many requests in flight at the second one, which has just
// taken a millisecond, are as heavy.
func loadOf(picker balance.Picker, of, scale *balance.Endpoint) (ms int) {
	take(scale, time.Millisecond)
	var leases []*balance.Lease
	for picker.Pick(nil) == scale && len(leases) < 100_000 {
		lease := scale.Acquire()
		leases = append(leases, &lease)
	}
	for _, lease := range leases {
		lease.Done()
	}
	return len(leases)
}

// TestLatency: the load of an endpoint after some requests, and in between some
// pauses, written as below zero.
func TestLatency(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		about string
		decay time.Duration // 0: 10 s
		took  []time.Duration
		want  float64 // ms
	}{
		{"one request", 0, []time.Duration{100 * ms}, 100},
		{"it decays", 0, []time.Duration{100 * ms, -10 * time.Second}, 100 * math.Exp(-1)},
		{"in its own time", time.Second, []time.Duration{100 * ms, -2 * time.Second}, 100 * math.Exp(-2)},
		{"a peak counts at once", 0, []time.Duration{10 * ms, 20 * ms, 300 * ms}, 300},
		{"and is not forgotten at once", 0, []time.Duration{300 * ms, 10 * ms, 20 * ms}, 300},
		{"but in time", 0, []time.Duration{300 * ms, -10 * time.Second, 10 * ms}, 300 * math.Exp(-1)},
		{"a peak of what is left", 0, []time.Duration{300 * ms, -40 * time.Second, 10 * ms}, 10},
		{"a shorter one weighs in by its time", 100 * ms, []time.Duration{200 * ms, 150 * ms}, 200*math.Exp(-1.5) + 150*(1-math.Exp(-1.5)) - 1.6}, // and the millisecond of measuring
		{"no time at all", 0, []time.Duration{0}, 0},
	} {
		t.Run(test.about, func(t *testing.T) {
			inBubble(t, func(t *testing.T) {
				set := equal(2)
				picker := ewma(t, test.decay).Picker(set)
				for _, took := range test.took {
					if took < 0 {
						time.Sleep(-took)
						continue
					}
					take(set[0], took)
				}
				if got := float64(loadOf(picker, set[0], set[1])); math.Abs(got-test.want) > 2 {
					t.Errorf("the load is %v ms, want %v", got, test.want)
				}
			})
		})
	}
}

// TestLatencyOutlivesThePicker: as does what is in flight.
func TestLatencyOutlivesThePicker(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		set := equal(3)
		balancer := ewma(t, 0)
		balancer.Picker(set[:1]) // also one that has nothing to choose
		take(set[0], 50*time.Millisecond)
		picker := balancer.Picker(set[:2])
		if got := loadOf(picker, set[0], set[1]); got < 48 || got > 52 {
			t.Errorf("the load is %d ms, want 50", got)
		}
		lease := set[0].Acquire()
		balancer.Picker(set) // another one
		set[0].Acquire()
		if got := loadOf(picker, set[0], set[1]); got < 147 || got > 152 {
			t.Errorf("with two in flight the load is %d ms, want 150", got)
		}
		time.Sleep(80 * time.Millisecond)
		lease.Done()
		if got := loadOf(picker, set[0], set[1]); got < 157 || got > 165 {
			t.Errorf("after one of 81 ms the load is %d ms, want 162", got)
		}
	})
}

// TestNewcomers get one request at a time until they have shown what they can.
func TestNewcomers(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		set := equal(2)
		old, newcomer := set[0], set[1]
		picker := ewma(t, 0).Picker(set)
		take(old, 10*time.Millisecond)
		if picker.Pick(nil) != newcomer {
			t.Error("it gets no first request")
		}
		lease := newcomer.Acquire()
		for range 1000 {
			old.Acquire()
		}
		if picker.Pick(nil) != old {
			t.Error("it gets a second request with the first")
		}
		time.Sleep(time.Millisecond)
		lease.Done()
		if picker.Pick(nil) != newcomer {
			t.Error("it gets no second request")
		}
		time.Sleep(3 * time.Hour) // until nothing is left of what was known
		if picker.Pick(nil) != newcomer {
			t.Error("after hours, the one with requests in flight is picked")
		}
	})
}

// TestEWMAPrefersTheOpen: health comes before load, and effort has its end.
func TestEWMAPrefersTheOpen(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		set := mortal(t, 2)
		picker := ewma(t, 0).Picker(set)
		take(set[0], time.Second)
		for range 100 {
			set[0].Acquire()
		}
		take(set[1], time.Millisecond)
		kill(t, set[1])
		for range 100 {
			if picker.Pick(nil) != set[0] {
				t.Fatal("the dead one was picked")
			}
		}
		kill(t, set[0])
		if picker.Pick(nil) != set[1] {
			t.Error("of two dead ones the slower was picked")
		}
	})
}

// TestEWMAConcurrently: the average stays within what was observed.
func TestEWMAConcurrently(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		set := equal(2)
		picker := ewma(t, 0).Picker(set)
		var workers sync.WaitGroup
		for i := range 50 {
			workers.Go(func() {
				for range 100 {
					take(set[0], time.Duration(20+i%20)*time.Millisecond)
				}
			})
		}
		workers.Wait()
		if got := loadOf(picker, set[0], set[1]); got < 18 || got > 40 {
			t.Errorf("the load is %d ms of 20 to 39", got)
		}
	})
}

func TestEWMAErrors(t *testing.T) {
	if _, err := balance.NewEWMA(balance.EWMAConfig{DecayTime: -1}); err == nil || err.Error() != "balance: ewma: the decay time -1ns is negative" {
		t.Errorf("%v", err)
	}
}
