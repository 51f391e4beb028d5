package router

import (
	"io"
	"math/rand/v2"
	"net/http"

	"github.com/meshhop/meshhop/resolve"
)

// A Choice is where one request would be sent, among the targets of an [Explanation].
type Choice struct {
	Target  *Target
	Address resolve.Address
	// Connected says that the balancer of the replica set chose the address. Else the
	// router has no client for the set, and it was chosen by weight, as a first guess.
	Connected bool

	router *Router
}

// Choose chooses a target and an address as the router would for a request: by share, and
// by the set's balancer. Nothing is sent or counted, but that a balancer which goes round
// goes on. Nil: no target takes requests.
func (r *Router) Choose(e *Explanation, in *http.Request) *Choice {
	target := chosen(e.Targets, func(t Target) float64 {
		if t.Err != nil {
			return 0
		}
		return t.Share
	})
	if target == nil {
		return nil
	}
	c := &Choice{Target: target, router: r}
	r.clients.look(target.Bound, func(to *client) {
		if set := to.replicas.Load(); set.picker != nil {
			c.Address, c.Connected = set.picker.Pick(in).Address(), true
		}
	})
	if !c.Connected {
		addresses := target.Replicas.Value.Addresses
		at := chosen(addresses, func(a resolve.Address) float64 { return a.Weight })
		if at == nil { // none has a weight
			at = &addresses[rand.IntN(len(addresses))]
		}
		c.Address = *at
	}
	return c
}

// chosen is one of all, at random by weight; nil if no weight is more than 0.
func chosen[T any](all []T, weight func(T) float64) *T {
	total := 0.0
	for _, one := range all {
		total += max(weight(one), 0)
	}
	at := rand.Float64() * total
	var last *T
	for i := range all {
		w := weight(all[i])
		if w <= 0 {
			continue
		}
		if last = &all[i]; at < w {
			break
		}
		at -= w
	}
	return last
}

// RoundTrip sends a request to the address, past all stages, on a connection of its own.
// It is for questions to the hop that listens there.
func (c *Choice) RoundTrip(r *http.Request) (*http.Response, error) {
	transport := c.router.transport(c.Address, c.router.clientPolicy(c.Target.Bound).Transport)
	idle, ok := transport.(interface{ CloseIdleConnections() })
	if !ok {
		return transport.RoundTrip(r)
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		idle.CloseIdleConnections()
		return nil, err
	}
	resp.Body = &closingBody{resp.Body, idle.CloseIdleConnections}
	return resp, nil
}

// closingBody calls then when it is closed.
type closingBody struct {
	io.ReadCloser
	then func()
}

func (b *closingBody) Close() error {
	defer b.then()
	return b.ReadCloser.Close()
}

// SentDtab is what the request's dtab is for the next hop: without what was left out.
func (e *Explanation) SentDtab() (dtab resolve.Dtab) {
	local := e.Dtab[min(e.Base, len(e.Dtab)):]
	if e.Delegation == nil || len(e.Delegation.LeftOut) == 0 {
		return local
	}
	for i := range local {
		out := false
		for _, left := range e.Delegation.LeftOut {
			out = out || left.Entry.String() == local[i].String()
		}
		if !out {
			dtab = append(dtab, local[i])
		}
	}
	return dtab
}
