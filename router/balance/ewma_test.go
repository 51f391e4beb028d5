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

// take makes a request that takes a time.
func take(e *balance.Endpoint, took time.Duration) {
	lease := e.Acquire()
	time.Sleep(took)
	lease.Done()
}

// loadOf measures the load of an endpoint in milliseconds, to within one. The load is
// the number of requests in flight at another endpoint, whose latency is a millisecond,
// that make both equally loaded.
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

// TestLatency: the load of an endpoint after requests that took some time, and pauses,
// which are written as negative times.
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
		{"with the decay time", time.Second, []time.Duration{100 * ms, -2 * time.Second}, 100 * math.Exp(-2)},
		{"a peak counts at once", 0, []time.Duration{10 * ms, 20 * ms, 300 * ms}, 300},
		{"a peak is not forgotten at once", 0, []time.Duration{300 * ms, 10 * ms, 20 * ms}, 300},
		{"a peak is forgotten in time", 0, []time.Duration{300 * ms, -10 * time.Second, 10 * ms}, 300 * math.Exp(-1)},
		{"a request above what is left of a peak", 0, []time.Duration{300 * ms, -40 * time.Second, 10 * ms}, 10},
		{"a shorter request is weighted by its time", 100 * ms, []time.Duration{200 * ms, 150 * ms}, 200*math.Exp(-1.5) + 150*(1-math.Exp(-1.5)) - 1.6}, // less the millisecond that loadOf takes
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

// TestLatencyOutlivesThePicker: latency and requests in flight are kept when another
// picker is made.
func TestLatencyOutlivesThePicker(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		set := equal(3)
		balancer := ewma(t, 0)
		balancer.Picker(set[:1]) // the picker of a single endpoint measures latency too
		take(set[0], 50*time.Millisecond)
		picker := balancer.Picker(set[:2])
		if got := loadOf(picker, set[0], set[1]); got < 48 || got > 52 {
			t.Errorf("the load is %d ms, want 50", got)
		}
		lease := set[0].Acquire()
		balancer.Picker(set)
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

// TestNewEndpoints: an endpoint gets one request at a time until its latency is known.
func TestNewEndpoints(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		set := equal(2)
		old, fresh := set[0], set[1]
		picker := ewma(t, 0).Picker(set)
		take(old, 10*time.Millisecond)
		if picker.Pick(nil) != fresh {
			t.Error("the new endpoint gets no first request")
		}
		lease := fresh.Acquire()
		for range 1000 {
			old.Acquire()
		}
		if picker.Pick(nil) != old {
			t.Error("the new endpoint gets a second request while the first is in flight")
		}
		time.Sleep(time.Millisecond)
		lease.Done()
		if picker.Pick(nil) != fresh {
			t.Error("the new endpoint gets no second request")
		}
		time.Sleep(3 * time.Hour) // until the averages have decayed to zero
		if picker.Pick(nil) != fresh {
			t.Error("after hours, the endpoint with requests in flight is picked")
		}
	})
}

// TestEWMAPrefersOpenEndpoints: an endpoint that is open is picked whatever its load. If
// none is open, load decides.
func TestEWMAPrefersOpenEndpoints(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		set := failingEndpoints(t, 2)
		picker := ewma(t, 0).Picker(set)
		take(set[0], time.Second)
		for range 100 {
			set[0].Acquire()
		}
		take(set[1], time.Millisecond)
		markDead(t, set[1])
		for range 100 {
			if picker.Pick(nil) != set[0] {
				t.Fatal("the dead endpoint was picked")
			}
		}
		markDead(t, set[0])
		if picker.Pick(nil) != set[1] {
			t.Error("the slower of two dead endpoints was picked")
		}
	})
}

// TestEWMAConcurrently: the average stays within the observed latencies.
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
			t.Errorf("the load is %d ms after latencies of 20 to 39 ms", got)
		}
	})
}

func TestEWMAErrors(t *testing.T) {
	if _, err := balance.NewEWMA(balance.EWMAConfig{DecayTime: -1}); err == nil || err.Error() != "balance: ewma: the decay time -1ns is negative" {
		t.Errorf("%v", err)
	}
}
