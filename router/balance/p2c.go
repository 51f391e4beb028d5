package balance

import (
	"math/rand/v2"
	"net/http"
)

// P2C is the power of two choices: of two distinct endpoints taken at random,
// the one with fewer requests in flight (Finagle's P2C over least loaded, the
// default of Linkerd).
func P2C() Balancer { return p2c{} }

type p2c struct{}

func (p2c) Picker(endpoints []*Endpoint) Picker {
	if len(endpoints) == 1 {
		return only{endpoints[0]}
	}
	return p2cPicker(endpoints)
}

type p2cPicker []*Endpoint

func (p p2cPicker) Pick(*http.Request) *Endpoint {
	first := rand.IntN(len(p))
	second := rand.IntN(len(p) - 1)
	if second >= first {
		second++ // distinct from the first, each pair as likely as any other
	}
	a, b := p[first], p[second]
	if b.Pending() < a.Pending() {
		return b
	}
	return a
}

// only is the picker of a set of one.
type only struct{ endpoint *Endpoint }

func (o only) Pick(*http.Request) *Endpoint { return o.endpoint }
