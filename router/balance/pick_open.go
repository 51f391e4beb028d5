package balance

import "net/http"

// A drawer draws an endpoint, which may not be open.
type drawer interface {
	draw() (e *Endpoint, open bool)
}

// pickOpen draws again while the endpoint is not open, up to maxEffort times. Then it
// returns whatever it draws next (Balancer.scala).
func pickOpen[D drawer](d D, maxEffort int) (e *Endpoint, open bool) {
	for range maxEffort {
		if e, open := d.draw(); open {
			return e, true
		}
	}
	e, open = d.draw()
	if !open || maxEffort > 0 {
		e.health.counters.exhausted.Add(1)
	}
	return e, open
}

// singlePicker is the picker of a set of one.
type singlePicker struct{ endpoint *Endpoint }

func (p singlePicker) Pick(*http.Request) *Endpoint {
	if !p.endpoint.Open() {
		p.endpoint.health.counters.exhausted.Add(1)
	}
	return p.endpoint
}

const defaultMaxEffort = 5

// maxEffort returns the number of tries that a configured MaxEffort means.
func maxEffort(configured int) int {
	if configured == 0 {
		return defaultMaxEffort
	}
	return max(configured, 0)
}
