package balance

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
)

// Weighted returns a balancer that respects the weights of addresses. Endpoints of equal
// weight form a class. A pick chooses a class at random, with a probability proportional
// to its weight times its size, and inner picks within the class. A class without an
// open endpoint passes the pick on to the next class that has one. If all weights are
// equal, inner picks alone. An endpoint whose weight is not above zero is picked only if
// that is true of all endpoints (Finagle's TrafficDistributor).
func Weighted(inner Balancer) Balancer { return weighted{inner} }

type weighted struct{ inner Balancer }

// String returns what the inner balancer is called.
func (w weighted) String() string {
	if s, ok := w.inner.(fmt.Stringer); ok {
		return s.String()
	}
	name := fmt.Sprintf("%T", w.inner)
	return name[strings.LastIndexByte(name, '.')+1:]
}

func (w weighted) Picker(endpoints []*Endpoint) Picker {
	byWeight := slices.Clone(endpoints)
	slices.SortStableFunc(byWeight, func(a, b *Endpoint) int {
		return cmp.Compare(a.currentWeight(), b.currentWeight())
	})
	var picker weightedPicker
	for start := 0; start < len(byWeight); {
		weight := byWeight[start].currentWeight()
		end := start + 1 // the loop would not count NaN, which is not equal to itself
		for end < len(byWeight) && byWeight[end].currentWeight() == weight {
			end++
		}
		if weight > 0 {
			members := byWeight[start:end:end]
			picker.total += weight * float64(len(members))
			picker.classes = append(picker.classes, weightClass{picker.total, w.inner.Picker(members), members})
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
	classes []weightClass
	total   float64
}

// weightClass is the endpoints of one weight. The class is drawn by the numbers from the
// upTo of the class before it to its own.
type weightClass struct {
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

// draw returns the index of a random class.
func (p *weightedPicker) draw() int {
	random := rand.Float64() * p.total
	for i, c := range p.classes {
		if random < c.upTo {
			return i
		}
	}
	return len(p.classes) - 1
}

// open reports whether an endpoint of the class is open.
func (c weightClass) open() bool { return slices.ContainsFunc(c.members, (*Endpoint).Open) }
