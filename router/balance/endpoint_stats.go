package balance

import (
	"time"

	"github.com/meshhop/meshhop/resolve"
)

// EndpointStats is the state of an [Endpoint], and what it has counted since it was made.
type EndpointStats struct {
	Address  resolve.Address
	Pending  int64  // requests in flight
	Requests uint64 // begun
	Failures uint64 // of them, reported as a [Failure]

	// State is "alive", "dead", "due" (dead, and the next request is a probe) or
	// "probing" (a probe is in flight).
	State string
	// Left is how long a dead endpoint stays so until it is due. Negative: for good,
	// because its address has left the set.
	Left time.Duration
	// Deaths is how many times in a row it was marked dead.
	Deaths int

	// Latency is what a balancer of [NewEWMA] expects of the next request; 0 without
	// such a balancer, and without an observation.
	Latency time.Duration
}

// Stats returns the state and the counters as they are now.
func (e *Endpoint) Stats() EndpointStats {
	taken := e.taken.Load()
	s := EndpointStats{
		Address: e.Address(), Pending: int64(taken & (1<<pendingBits - 1)),
		Requests: taken >> pendingBits, Failures: e.failures.Load(),
	}
	s.State, s.Left, s.Deaths = e.health.state()
	if m := e.metric.Load(); m != nil {
		if l, ok := (*m).(*latency); ok {
			s.Latency = time.Duration(l.cost(l.log.Load(), l.of.now()))
		}
	}
	return s
}

// failed counts a request that failed, once.
func (e *Endpoint) failed(l *Lease) {
	if !l.reported || l.probe && !l.relapsed {
		e.failures.Add(1)
	}
}

func (h *health) state() (state string, left time.Duration, deaths int) {
	h.mu.Lock()
	deaths = h.waits
	h.mu.Unlock()
	switch until := h.until.Load(); until {
	case alive:
		return "alive", 0, deaths
	case probing:
		return "probing", 0, deaths
	case deadForGood:
		return "dead", -1, deaths
	default:
		if left := until - h.age(); left > 0 {
			return "dead", time.Duration(left), deaths
		}
		return "due", 0, deaths
	}
}
