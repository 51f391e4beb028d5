package balance

import (
	"cmp"
	"math/rand/v2"
	"net/http"
	"slices"
)

// Weighted returns a policy that respects the weights of addresses: endpoints
// of equal weight form a class, a class is chosen in proportion to its weight
// times its size, and inner chooses within it. Where all weights are equal it
// is inner alone. An endpoint whose weight is not above zero is chosen only when all are so
// (Finagle's TrafficDistributor).
func Weighted(inner Balancer) Balancer { return weighted{inner} }

type weighted struct{ inner Balancer }

func (w weighted) Picker(endpoints []*Endpoint) Picker {
	byWeight := slices.Clone(endpoints)
	slices.SortStableFunc(byWeight, func(a, b *Endpoint) int {
		return cmp.Compare(a.Address().Weight, b.Address().Weight)
	})
	var picker weightedPicker
	for start := 0; start < len(byWeight); {
		weight := byWeight[start].Address().Weight
		end := start + 1 // a NaN is not even equal to itself
		for end < len(byWeight) && byWeight[end].Address().Weight == weight {
			end++
		}
		if weight > 0 {
			picker.total += weight * float64(end-start)
			picker.classes = append(picker.classes, class{picker.total, w.inner.Picker(byWeight[start:end:end])})
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
	upTo   float64
	picker Picker
}

func (p *weightedPicker) Pick(r *http.Request) *Endpoint {
	at := rand.Float64() * p.total
	for _, c := range p.classes {
		if at < c.upTo {
			return c.picker.Pick(r)
		}
	}
	return p.classes[len(p.classes)-1].picker.Pick(r)
}
