package router

import (
	"errors"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/router/balance"
)

// pick chooses the endpoint of an attempt, among those that the replica set has now.
type pick struct{ client *client }

func (s *pick) do(x *exchange) (*http.Response, error) {
	if x.secure && s.client.policy.Transport.TLS == nil {
		return nil, &Error{Kind: unsupportedScheme, Dst: x.service.name, Bound: s.client.id,
			Err: errors.New(`"https": the client has no TLS, and nothing is sent without it`)}
	}
	set, err := s.replicas(x)
	if err != nil {
		return nil, err
	}
	x.set = set
	endpoint := s.endpoint(x, set)
	if e := x.router.leadsHere(x.service.name, x.leaf.set, endpoint.Address().AddrPort); e != nil {
		return nil, e
	}
	return x.newAttempt(endpoint).reach.do(x)
}

func (s *pick) done(x *exchange, o Outcome) {
	if a := x.attempt; a != nil {
		a.reach.done(x, o)
		x.attempt = nil
	}
}

// replicas returns the set as it is now.
func (s *pick) replicas(x *exchange) (*replicas, error) {
	if !x.limit.isNever() && x.limit.passed(time.Now()) {
		return nil, x.expired()
	}
	if s.client.replicas.Load().stale != nil { // it may have to wait
		x.recordKnown()
	}
	set, err := s.client.sample(x.ctx, x.binding.dst, x.limit)
	switch {
	case err != nil:
		return nil, err
	case set.picker != nil:
		return set, nil
	case set.err != nil:
		return nil, &Error{Kind: BindingFailed, Dst: x.service.name, Bound: s.client.id, Err: set.err}
	}
	return nil, x.binding.noReplicas(x.ctx, s.client.id, set.unresolved)
}

// endpoint chooses one. One that just failed is taken only if there is no other:
// balancers like it, as it has no load.
func (s *pick) endpoint(x *exchange, set *replicas) *balance.Endpoint {
	endpoint := set.picker.Pick(x.out)
	if endpoint != x.avoid {
		return endpoint
	}
	for _, other := range s.client.set.Endpoints() {
		if other != x.avoid && (endpoint == x.avoid || better(other, endpoint)) {
			endpoint = other
		}
	}
	return endpoint
}

// better reports whether a is the one of two that takes requests or, if both do or
// neither, has less to do.
func better(a, b *balance.Endpoint) bool {
	if open := a.Open(); open != b.Open() {
		return open
	}
	return a.Pending() < b.Pending()
}
