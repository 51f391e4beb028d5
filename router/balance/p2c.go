package balance

import (
	"math/rand/v2"
	"net/http"
)

// P2C is the power of two choices: of two distinct endpoints taken at random,
// the one with fewer requests in flight (Finagle's P2C over least loaded, the
// default of Linkerd). It is [NewP2C] with its defaults.
func P2C() Balancer { return p2c{defaultMaxEffort} }

// P2CConfig configures [NewP2C].
type P2CConfig struct {
	// MaxEffort is how often it chooses anew if it chose an endpoint that is
	// not open, before it takes whatever it chooses. Default 5; negative: it
	// takes the first.
	MaxEffort int
}

// NewP2C returns the power of two choices: of two distinct endpoints taken at
// random, the one that is open or, if both are or neither, has fewer requests
// in flight (p2c in a Linkerd configuration; P2CPick.scala).
func NewP2C(config P2CConfig) (Balancer, error) { return p2c{effort(config.MaxEffort)}, nil }

type p2c struct{ effort int }

func (p p2c) Picker(endpoints []*Endpoint) Picker {
	if len(endpoints) == 1 {
		return only{endpoints[0]}
	}
	return &p2cPicker{endpoints, p.effort}
}

type p2cPicker struct {
	endpoints []*Endpoint
	effort    int
}

// Pick is step 6 of a request's journey: an endpoint is chosen.
func (p *p2cPicker) Pick(*http.Request) *Endpoint {
	e, _ := persevere(p, p.effort)
	return e
}

func (p *p2cPicker) choose() (e *Endpoint, open bool) {
	i, j := two(len(p.endpoints))
	return lessLoaded(p.endpoints[i], p.endpoints[j])
}

// lessLoaded is the one of two that is open or, if they are alike in that, has
// fewer requests in flight.
func lessLoaded(a, b *Endpoint) (e *Endpoint, open bool) {
	aOpen, bOpen := a.Open(), b.Open()
	if aOpen != bOpen {
		if aOpen {
			return a, true
		}
		return b, true
	}
	if b.Pending() < a.Pending() {
		return b, bOpen
	}
	return a, aOpen
}

// two returns two distinct numbers below n, which is at least 2, each pair as
// likely as any other.
func two(n int) (i, j int) {
	random := rand.Uint64() // 32 bits are enough for each
	i = int((random >> 32) * uint64(n) >> 32)
	j = int((random & (1<<32 - 1)) * uint64(n-1) >> 32)
	if j >= i {
		j++
	}
	return i, j
}

// only is the picker of a set of one.
type only struct{ endpoint *Endpoint }

func (o only) Pick(*http.Request) *Endpoint {
	if !o.endpoint.Open() {
		o.endpoint.health.counters.exhausted.Add(1)
	}
	return o.endpoint
}

const defaultMaxEffort = 5

// effort is what a MaxEffort of a configuration means.
func effort(configured int) int {
	if configured == 0 {
		return defaultMaxEffort
	}
	return max(configured, 0)
}
