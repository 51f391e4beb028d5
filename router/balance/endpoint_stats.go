package balance

import (
	"time"

	"github.com/meshhop/meshhop/internal/endpoint"
)

// Stats returns the state and the counters as they are now, for the pages of the admin
// server.
func (e *Endpoint) Stats() endpoint.Stats {
	taken := e.taken.Load()
	s := endpoint.Stats{
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
