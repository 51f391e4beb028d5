package router

import (
	"io"
	"math/rand/v2"
	"net/http"

	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/resolve"
)

// Choose implements [routerview.Explainer].
func (r view) Choose(e *routerview.Explanation, in *http.Request) *routerview.Choice {
	target := chosen(e.Targets, func(t routerview.Target) float64 {
		if t.Err != nil {
			return 0
		}
		return t.Share
	})
	if target == nil {
		return nil
	}
	c := &routerview.Choice{Target: target}
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
	c.Transport = &once{r.Router, target.Bound, c.Address}
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

// once reaches an address of a replica set by a transport for one request.
type once struct {
	router  *Router
	id      resolve.Path
	address resolve.Address
}

// RoundTrip sends a request and closes its connection with the response.
func (o *once) RoundTrip(r *http.Request) (*http.Response, error) {
	transport := o.router.transport(o.address, o.router.clientPolicy(o.id).Transport)
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
