package balance_test

import (
	"testing"
	"time"

	"github.com/meshhop/meshhop/router/balance"
)

// TestEndpointStats: an endpoint says in which state it is, for how long, and what it has
// counted; the first report of a request counts, and the relapse of a probe.
func TestEndpointStats(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		set := newSet(t, func(c *balance.SetConfig) {
			c.Accrual = accrual(t)(balance.NewConsecutiveFailures(3))
			c.Backoff = balance.ConstantBackoff(10 * time.Second)
			c.Probation = true
		})
		set.Update(addresses(1))
		p := &tracked{t, set, set.Endpoints()[0], map[string]*balance.Lease{}}
		expect := func(state string, left time.Duration, deaths int, requests, failures uint64, pending int64) {
			t.Helper()
			s := p.e.Stats()
			if s.State != state || s.Left != left || s.Deaths != deaths || s.Requests != requests || s.Failures != failures || s.Pending != pending || s.Latency != 0 {
				t.Errorf("%+v, want %s for %v, the %d. time; %d requests, %d failed, %d pending", s, state, left, deaths, requests, failures, pending)
			}
			if s.Address != p.e.Address() {
				t.Errorf("the address is %v", s.Address)
			}
		}
		expect("alive", 0, 0, 0, 0, 0)
		p.acquire("pending", false)
		p.markDead(10 * time.Second)
		expect("dead", 10*time.Second, 1, 4, 3, 1)
		p.report("pending", balance.Success, balance.Change{})
		p.report("pending", balance.Failure, balance.Change{})
		p.leases["pending"].Done()
		time.Sleep(4 * time.Second)
		expect("dead", 6*time.Second, 1, 4, 3, 0)
		time.Sleep(6 * time.Second)
		expect("due", 0, 1, 4, 3, 0)
		p.acquire("probe", true)
		expect("probing", 0, 1, 5, 3, 1)
		p.report("probe", balance.Success, balance.Change{Kind: "revived"})
		expect("alive", 0, 0, 5, 3, 1)
		p.report("probe", balance.Failure, balance.Change{})
		p.report("probe", balance.Failure, balance.Change{})
		expect("alive", 0, 0, 5, 4, 1)
		p.leases["probe"].Done()
		set.Update(nil)
		p.send(balance.Failure, balance.Change{})
		p.send(balance.Failure, balance.Change{Kind: "removed", For: 10 * time.Second})
		expect("dead", -1, 1, 7, 6, 0)
	})
}

// TestEndpointStatsLatency: what an EWMA balancer expects of the next request is part of the
// stats once there was a request.
func TestEndpointStatsLatency(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		set := equal(2)
		ewma(t, 10*time.Second).Picker(set)
		if s := set[0].Stats(); s.Latency != 0 {
			t.Errorf("before any request it is %v", s.Latency)
		}
		take(set[0], 50*time.Millisecond)
		if s := set[0].Stats(); s.Latency < 49*time.Millisecond || s.Latency > 51*time.Millisecond {
			t.Errorf("after one of 50 ms it is %v", s.Latency)
		}
	})
}
