package router

import (
	"fmt"
	"reflect"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/h1"
)

// ClientState is how a replica set is reached now, replica by replica.
type ClientState struct {
	Endpoints []EndpointState
	// Err is why there are none, and Unresolved of which hosts there are no addresses,
	// and why.
	Err        error
	Unresolved string
	Resting    bool // nobody has used it for a while: the addresses are not followed
	// Told is when the namer gave the addresses. LastErr is what it said when it failed
	// last, at Erred, also where addresses that were known stay in use.
	Told    time.Time
	LastErr error
	Erred   time.Time
	// Balancer, Accrual and Backoff are what they call themselves (their String methods),
	// else their types.
	Balancer, Accrual, Backoff string
}

// EndpointState is the state of one replica.
type EndpointState struct {
	balance.EndpointStats
	Connections *h1.Stats // nil: its transport does not count any
	// LastFailure is why an attempt failed last, at Failed, or within a tenth of a second
	// after that; empty: none has. It is text that an endpoint may have written.
	LastFailure string
	Failed      time.Time
}

// ClientState returns the state of a replica set; false if it is not in the cache.
func (r *Router) ClientState(id resolve.Path) (s ClientState, ok bool) {
	ok = r.clients.look(id, func(c *client) {
		set := c.replicas.Load()
		s = ClientState{
			Err: set.err, Unresolved: set.unresolved, Resting: set.stale != nil,
			Balancer: describe(c.policy.Balancer, r.config.Balancer),
			Accrual:  describe(c.policy.FailureAccrual, "io.l5d.consecutiveFailures, 5"),
			Backoff:  describe(c.policy.FailureBackoff, "doubling, 5s to 5m0s"),
		}
		if told := c.told.Load(); told != nil {
			s.Told, s.LastErr, s.Erred = told.at, told.err, told.failed
		}
		for _, e := range c.set.Endpoints() {
			one, reach := EndpointState{EndpointStats: e.Stats()}, e.Transport().(*reach)
			if conns, ok := reach.connectionStats(); ok {
				one.Connections = &conns
			}
			one.LastFailure, one.Failed = reach.accrual.failure.last(r)
			s.Endpoints = append(s.Endpoints, one)
		}
	})
	return s, ok
}

// describe is what a part calls itself.
func describe(part, byDefault any) string {
	if part == nil {
		part = byDefault
	}
	switch p := part.(type) {
	case string:
		return p
	case fmt.Stringer:
		return p.String()
	}
	t := reflect.TypeOf(part)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}
