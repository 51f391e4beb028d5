package balance

import (
	"cmp"
	"math/rand/v2"
	"net/http"
	"slices"
)

// Weighted returns a policy that respects the weights of addresses: endpoints
// of equal weight form a class, a class is chosen in proportion to its weight
// times its size, and inner chooses within it. A class of which no endpoint is
// open gives its turn to the next one that has one. Where all weights are equal
// it is inner alone. An endpoint whose weight is not above zero is chosen only
// when all are so (Finagle's TrafficDistributor).
func Weighted(inner Balancer) Balancer { return weighted{inner} }

type weighted struct{ inner Balancer }

func (w weighted) Picker(endpoints []*Endpoint) Picker {
	byWeight := slices.Clone(endpoints)
	slices.SortStableFunc(byWeight, func(a, b *Endpoint) int {
		return cmp.Compare(a.Weight(), b.Weight())
	})
	var picker weightedPicker
	for start := 0; start < len(byWeight); {
		weight := byWeight[start].Weight()
		end := start + 1 // a NaN is not even equal to itself
		for end < len(byWeight) && byWeight[end].Weight() == weight {
			end++
		}
		if weight > 0 {
			members := byWeight[start:end:end]
			picker.total += weight * float64(len(members))
			picker.classes = append(picker.classes, class{picker.total, w.inner.Picker(members), members})
		}
		start = end
	}
	switch len(picker.classes) {
	case 0:
		return w.inner.Picker(endpoints)
	case 1:
		return picker.classes[0].picker
	}
	return &picker
}

type weightedPicker struct {
	classes []class
	total   float64
}

// class is the endpoints of one weight; upTo is its upper bound on the scale
// from zero to the total.
type class struct {
	upTo    float64
	picker  Picker
	members []*Endpoint
}

func (p *weightedPicker) Pick(r *http.Request) *Endpoint {
	i := p.draw()
	e := p.classes[i].picker.Pick(r)
	if e.Open() || p.classes[i].open() {
		return e
	}
	for n := range len(p.classes) - 1 {
		if c := p.classes[(i+1+n)%len(p.classes)]; c.open() {
			return c.picker.Pick(r)
		}
	}
	return e
}

// draw chooses a class by weight.
func (p *weightedPicker) draw() int {
	at := rand.Float64() * p.total
	for i, c := range p.classes {
		if at < c.upTo {
			return i
		}
	}
	return len(p.classes) - 1
}

// open says whether an endpoint of the class is.
func (c class) open() bool { return slices.ContainsFunc(c.members, (*Endpoint).Open) }
