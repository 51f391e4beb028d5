package balance

import (
	"fmt"
	"net/http"
	"time"
)

// EWMAConfig configures [NewEWMA].
type EWMAConfig struct {
	// DecayTime is how long it takes for a latency that was seen to lose most
	// of its weight, namely to 1/e. Default 10 s.
	DecayTime time.Duration
	// MaxEffort is how often it chooses anew if it chose an endpoint that is
	// not open, before it takes whatever it chooses. Default 5; negative: it
	// takes the first.
	MaxEffort int
}

// NewEWMA returns the power of two choices by expected latency: of two distinct
// endpoints taken at random, the one that is open or, if both are or neither,
// has the lower load. The load is a moving average of the time that requests
// take, which follows a peak at once and forgets it slowly, times one more than
// the requests in flight (ewma in a Linkerd configuration; PeakEwma.scala). An
// endpoint of which nothing is known gets one request at a time.
func NewEWMA(config EWMAConfig) (Balancer, error) {
	if config.DecayTime < 0 {
		return nil, fmt.Errorf("balance: ewma: the decay time %v is negative", config.DecayTime)
	}
	if config.DecayTime == 0 {
		config.DecayTime = defaultDecayTime
	}
	return &ewma{config.DecayTime, effort(config.MaxEffort), time.Now()}, nil
}

const defaultDecayTime = 10 * time.Second

type ewma struct {
	decay  time.Duration
	effort int
	born   time.Time // one clock for all endpoints: each look at it takes time
}

func (b *ewma) now() time.Duration { return time.Since(b.born) }

func (b *ewma) Picker(endpoints []*Endpoint) Picker {
	p := &ewmaPicker{b, make([]timed, len(endpoints))}
	for i, e := range endpoints {
		p.endpoints[i] = timed{e, latencyOf(e, b)}
	}
	if len(endpoints) == 1 {
		return only{endpoints[0]}
	}
	return p
}

type ewmaPicker struct {
	*ewma
	endpoints []timed
}

// timed is an endpoint and the time that it takes.
type timed struct {
	*Endpoint
	latency *latency
}

func (p *ewmaPicker) Pick(*http.Request) *Endpoint {
	e, _ := persevere(p, p.effort)
	return e
}

func (p *ewmaPicker) choose() (e *Endpoint, open bool) {
	i, j := two(len(p.endpoints))
	a, b := p.endpoints[i], p.endpoints[j]
	aOpen, bOpen := a.Open(), b.Open()
	if aOpen != bOpen {
		if aOpen {
			return a.Endpoint, true
		}
		return b.Endpoint, true
	}
	now := p.now()
	if b.latency.load(now, b.Pending()) < a.latency.load(now, a.Pending()) {
		return b.Endpoint, bOpen
	}
	return a.Endpoint, aOpen
}
