package balance

import (
	"fmt"
	"net/http"
	"time"
)

// EWMAConfig configures [NewEWMA].
type EWMAConfig struct {
	// DecayTime is the time after which an observed latency has lost most of its
	// weight: 1/e of it is left. Default: 10 s.
	DecayTime time.Duration
	// MaxEffort is how many times it draws again while the endpoint it drew is not
	// open. Then it picks whatever it draws next. Default: 5. Negative: it does not
	// draw again.
	MaxEffort int
}

// NewEWMA returns the power of two choices by expected latency: it draws two distinct
// endpoints at random and picks the one that is open or, if both or neither are, the one
// with the lower load. The load is a moving average of the time that requests take,
// multiplied by one more than the requests in flight. The average follows a peak at
// once and forgets it slowly. An endpoint without any observation gets one request at a
// time. In a Linkerd configuration this is ewma (PeakEwma.scala).
func NewEWMA(config EWMAConfig) (Balancer, error) {
	if config.DecayTime < 0 {
		return nil, fmt.Errorf("balance: ewma: the decay time %v is negative", config.DecayTime)
	}
	if config.DecayTime == 0 {
		config.DecayTime = defaultDecayTime
	}
	return &ewma{config.DecayTime, maxEffort(config.MaxEffort), time.Now()}, nil
}

const defaultDecayTime = 10 * time.Second

type ewma struct {
	decay     time.Duration
	maxEffort int
	born      time.Time // all endpoints share one clock, so that a pick reads it once
}

func (b *ewma) now() time.Duration { return time.Since(b.born) }

func (b *ewma) Picker(endpoints []*Endpoint) Picker {
	p := &ewmaPicker{b, make([]timedEndpoint, len(endpoints))}
	for i, e := range endpoints {
		p.endpoints[i] = timedEndpoint{e, latencyOf(e, b)}
	}
	if len(endpoints) == 1 {
		return singlePicker{endpoints[0]}
	}
	return p
}

type ewmaPicker struct {
	*ewma
	endpoints []timedEndpoint
}

type timedEndpoint struct {
	*Endpoint
	latency *latency
}

func (p *ewmaPicker) Pick(*http.Request) *Endpoint {
	e, _ := pickOpen(p, p.maxEffort)
	return e
}

func (p *ewmaPicker) draw() (e *Endpoint, open bool) {
	i, j := randomPair(len(p.endpoints))
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
