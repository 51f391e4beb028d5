package balance

import (
	"math/rand/v2"
	"net/http"
	"sync/atomic"
)

// RoundRobin picks the open endpoints in turn, starting with a random one. In a
// Linkerd configuration this is roundRobin (RoundRobinBalancer.scala).
type RoundRobin struct {
	// MaxEffort is how many endpoints that are not open it skips before it counts
	// the pick as exhausted in [Stats]. It goes on to the next open endpoint all the
	// same. Default: 5. Negative: none.
	MaxEffort int
}

// Picker implements [Balancer].
func (b RoundRobin) Picker(endpoints []*Endpoint) Picker {
	if len(endpoints) == 1 {
		return singlePicker{endpoints[0]}
	}
	p := &roundRobinPicker{endpoints: endpoints, maxEffort: maxEffort(b.MaxEffort)}
	p.next.Store(rand.Uint64N(uint64(len(endpoints))))
	return p
}

type roundRobinPicker struct {
	endpoints []*Endpoint
	maxEffort int
	next      atomic.Uint64
}

func (p *roundRobinPicker) Pick(*http.Request) *Endpoint {
	e, open := pickOpen(p, p.maxEffort)
	for range p.endpoints {
		if open {
			break
		}
		e, open = p.draw()
	}
	return e
}

// draw returns the next endpoint. An endpoint that is not open uses up its turn, so
// that the one after it does not get two.
func (p *roundRobinPicker) draw() (e *Endpoint, open bool) {
	e = p.endpoints[p.next.Add(1)%uint64(len(p.endpoints))]
	return e, e.Open()
}
