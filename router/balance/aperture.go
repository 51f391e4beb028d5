package balance

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"
)

// ApertureConfig configures [NewAperture].
type ApertureConfig struct {
	// SmoothWindow is the time over which the load is averaged. Default: 5 s.
	SmoothWindow time.Duration
	// LowLoad and HighLoad bound the load, which is the number of requests in flight
	// for each endpoint of the aperture. The aperture shrinks when the load is down to
	// LowLoad and grows when it is up to HighLoad. Defaults: 0.5 and 2. LowLoad must be
	// below HighLoad.
	LowLoad, HighLoad float64
	// MinAperture is the lowest number of endpoints in the aperture, if there are that
	// many. Default: 1.
	MinAperture int
	// MaxEffort is how many times it draws again while the endpoint it drew is not
	// open. Then it looks outside the aperture. Default: 5. Negative: it does not draw
	// again.
	MaxEffort int
}

// NewAperture returns the power of two choices by requests in flight, among only as
// many of the endpoints as the load needs. With many endpoints and few requests that
// saves connections. Each process puts the endpoints in a random order of its own and
// uses the first ones. In a Linkerd configuration this is aperture
// (RandomAperture.scala, LoadBand.scala).
func NewAperture(config ApertureConfig) (Balancer, error) {
	c := config
	if c.SmoothWindow < 0 || c.MinAperture < 0 || c.LowLoad < 0 || c.HighLoad < 0 {
		return nil, fmt.Errorf("balance: aperture: %+v has a negative limit", config)
	}
	c.SmoothWindow = cmp.Or(c.SmoothWindow, defaultSmoothWindow)
	c.LowLoad = cmp.Or(c.LowLoad, defaultLowLoad)
	c.HighLoad = cmp.Or(c.HighLoad, defaultHighLoad)
	c.MinAperture = cmp.Or(c.MinAperture, defaultMinAperture)
	c.MaxEffort = maxEffort(c.MaxEffort)
	if !(c.LowLoad < c.HighLoad) || math.IsInf(c.HighLoad, 0) {
		return nil, fmt.Errorf("balance: aperture: LowLoad %v must be below HighLoad %v, which must be finite", c.LowLoad, c.HighLoad)
	}
	return aperture{c}, nil
}

const (
	defaultSmoothWindow = 5 * time.Second
	defaultLowLoad      = 0.5
	defaultHighLoad     = 2.0
	defaultMinAperture  = 1
)

type aperture struct{ config ApertureConfig }

func (a aperture) Picker(endpoints []*Endpoint) Picker {
	ranked := slices.Clone(endpoints)
	slices.SortStableFunc(ranked, func(a, b *Endpoint) int { return cmp.Compare(a.rank, b.rank) })
	return &aperturePicker{ranked, newLoadBand(a.config, ranked), a.config.MaxEffort}
}

type aperturePicker struct {
	ranked    []*Endpoint // the first ones are the aperture
	band      *loadBand
	maxEffort int
}

func (p *aperturePicker) Pick(*http.Request) *Endpoint {
	e, open := pickOpen(p, p.maxEffort)
	if !open {
		e = p.pickAnywhere(e)
	}
	return e
}

func (p *aperturePicker) draw() (e *Endpoint, open bool) {
	size := p.band.size.Load()
	if size == 1 {
		return p.ranked[0], p.ranked[0].Open()
	}
	i, j := randomPair(int(size))
	return lessLoaded(p.ranked[i], p.ranked[j])
}

// pickAnywhere returns the least loaded of the first open endpoints in the whole set, of
// which it looks at as many as the aperture has. It returns closed if none is open.
func (p *aperturePicker) pickAnywhere(closed *Endpoint) *Endpoint {
	best, size := closed, p.band.size.Load()
	for _, e := range p.ranked {
		if !e.Open() {
			continue
		}
		if best == closed || e.Pending() < best.Pending() {
			best = e
		}
		if size--; size == 0 {
			break
		}
	}
	return best
}
