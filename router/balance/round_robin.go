package balance

import (
	"math/rand/v2"
	"net/http"
	"sync/atomic"
)

// RoundRobinConfig configures [NewRoundRobin].
type RoundRobinConfig struct {
	// MaxEffort is after how many endpoints that are not open an attempt
	// counts as exhausted in [Stats]. It goes on to the next open one all the
	// same. Default 5; negative: the first.
	MaxEffort int
}

// NewRoundRobin returns a balancer that takes the endpoints one after the other,
// from a random one on, and passes by those that are not open (roundRobin in a
// Linkerd configuration; RoundRobinBalancer.scala).
func NewRoundRobin(config RoundRobinConfig) (Balancer, error) {
	return roundRobin{effort(config.MaxEffort)}, nil
}

type roundRobin struct{ effort int }

func (r roundRobin) Picker(endpoints []*Endpoint) Picker {
	if len(endpoints) == 1 {
		return only{endpoints[0]}
	}
	p := &roundRobinPicker{endpoints: endpoints, effort: r.effort}
	p.next.Store(rand.Uint64N(uint64(len(endpoints))))
	return p
}

type roundRobinPicker struct {
	endpoints []*Endpoint
	effort    int
	next      atomic.Uint64
}

func (p *roundRobinPicker) Pick(*http.Request) *Endpoint {
	e, open := persevere(p, p.effort)
	for range p.endpoints {
		if open {
			break
		}
		e, open = p.choose()
	}
	return e
}

// choose takes a turn. An endpoint that is not open has its turn, so that the
// one behind it does not get two.
func (p *roundRobinPicker) choose() (e *Endpoint, open bool) {
	e = p.endpoints[(p.next.Add(1)-1)%uint64(len(p.endpoints))]
	return e, e.Open()
}
