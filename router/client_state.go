package router

import (
	"fmt"
	"reflect"

	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/resolve"
)

// ClientState implements [routerview.Reporter].
func (r view) ClientState(id resolve.Path) (s routerview.ClientState, ok bool) {
	ok = r.clients.look(id, func(c *client) {
		set := c.replicas.Load()
		s = routerview.ClientState{
			Err: set.err, Unresolved: set.unresolved, Resting: set.stale != nil,
			Balancer: describe(c.policy.Balancer, r.config.Balancer),
			Accrual:  describe(c.policy.FailureAccrual, "io.l5d.consecutiveFailures, 5"),
			Backoff:  describe(c.policy.FailureBackoff, "doubling, 5s to 5m0s"),
		}
		if told := c.told.Load(); told != nil {
			s.Told, s.LastErr, s.Erred = told.at, told.err, told.failed
		}
		for _, e := range c.set.Endpoints() {
			one, reach := routerview.EndpointState{Stats: e.Stats()}, e.Transport().(*reach)
			if conns, ok := reach.connectionStats(); ok {
				one.Connections = &conns
			}
			one.LastFailure, one.Failed = reach.accrual.failure.last(r.Router)
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
