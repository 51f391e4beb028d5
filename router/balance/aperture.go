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
	// SmoothWindow is over how long the load is averaged. Default 5 s.
	SmoothWindow time.Duration
	// LowLoad and HighLoad are between how many requests in flight for each
	// endpoint the aperture stays as it is: at the first it shrinks, at the
	// second it grows. Defaults 0.5 and 2; LowLoad must be the lower one.
	LowLoad, HighLoad float64
	// MinAperture is how many endpoints it takes at least, if there are so
	// many. Default 1.
	MinAperture int
	// MaxEffort is how often it chooses anew if it chose an endpoint that is
	// not open, before it looks beyond the aperture. Default 5; negative: it
	// looks at once.
	MaxEffort int
}

// NewAperture returns the power of two choices by requests in flight, among as
// many of the endpoints as the load needs: with many endpoints and few requests
// that saves connections (aperture in a Linkerd configuration;
// RandomAperture.scala, LoadBand.scala). Every process has its own order of the
// endpoints, at random, and takes the first ones of it.
func NewAperture(config ApertureConfig) (Balancer, error) {
	c := config
	if c.SmoothWindow < 0 || c.MinAperture < 0 || c.LowLoad < 0 || c.HighLoad < 0 {
		return nil, fmt.Errorf("balance: aperture: %+v has a negative limit", config)
	}
	c.SmoothWindow = cmp.Or(c.SmoothWindow, defaultSmoothWindow)
	c.LowLoad = cmp.Or(c.LowLoad, defaultLowLoad)
	c.HighLoad = cmp.Or(c.HighLoad, defaultHighLoad)
	c.MinAperture = cmp.Or(c.MinAperture, defaultMinAperture)
	c.MaxEffort = effort(c.MaxEffort)
	if !(c.LowLoad < c.HighLoad) || math.IsInf(c.HighLoad, 0) {
		return nil, fmt.Errorf("balance: aperture: LowLoad %v must be below HighLoad %v, and that finite", c.LowLoad, c.HighLoad)
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
	order := slices.Clone(endpoints)
	slices.SortStableFunc(order, func(a, b *Endpoint) int { return cmp.Compare(a.token, b.token) })
	return &aperturePicker{order, newBand(a.config, order), a.config.MaxEffort}
}

type aperturePicker struct {
	order  []*Endpoint
	band   *band
	effort int
}

func (p *aperturePicker) Pick(*http.Request) *Endpoint {
	e, open := persevere(p, p.effort)
	if !open {
		e = p.beyond(e)
	}
	return e
}

func (p *aperturePicker) choose() (e *Endpoint, open bool) {
	size := p.band.size.Load()
	if size == 1 {
		return p.order[0], p.order[0].Open()
	}
	i, j := two(int(size))
	return lessLoaded(p.order[i], p.order[j])
}

// beyond is the least loaded of the first open endpoints, as many as the
// aperture has, wherever they are; or closed if there is none.
func (p *aperturePicker) beyond(closed *Endpoint) *Endpoint {
	best, size := closed, p.band.size.Load()
	for _, e := range p.order {
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
