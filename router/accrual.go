package router

import (
	"net/http"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/router/balance"
)

// accrual reports the outcome of each attempt to the endpoint, for the balancer and for
// failure accrual. Only the first report of an attempt counts (see balance.Lease).
type accrual struct {
	below   stage
	failure failure
}

func (s *accrual) do(x *exchange) (*http.Response, error) {
	a := x.attempt
	if a.lease = a.endpoint.Acquire(); a.recording && a.lease.Probe() {
		hopspan.Probing(a.span)
	}
	resp, err := s.below.do(x)
	switch {
	case err != nil:
		// At once: the endpoint may have been the last of its set that was alive.
		if a.outcome.blames() {
			s.failure.note(x, 0, err)
			a.report(balance.Failure)
		}
	case x.class != Success && !a.open:
		s.failure.note(x, resp.StatusCode, nil)
		a.report(balance.Failure)
	case judgedByHead(a, resp):
		a.report(balance.Success)
	}
	return resp, err
}

// done reports what was not known before.
func (s *accrual) done(x *exchange, o Outcome) {
	s.below.done(x, o)
	a := x.attempt
	switch {
	case o.end == endStale && o.again:
		// A connection that was closed as the request arrived says nothing about the
		// endpoint's health; the attempt on a fresh one will.
		a.report(balance.Ignorable)
	case o.end == endStale || o.end == endBroke:
		s.failure.note(x, 0, o.Err)
		a.report(balance.Failure)
	case o.end == endAnswered && a.open && o.Class != Success:
		s.failure.note(x, a.resp.StatusCode, nil)
		a.report(balance.Failure)
	case o.end == endAnswered, o.end == endLeft && o.Err == nil: // it left while it was answered
		a.report(balance.Success)
	}
	a.lease.Done()
}

// judgedByHead reports whether the head of a response alone decides success.
// Normally success is reported at the end of the body, which may be cut short.
// Tunnels are judged by their head. So are probes, because all other requests wait
// for the outcome of a probe and its caller may read slowly; a probe whose response
// breaks off later is a failure then.
func judgedByHead(a *attempt, resp *http.Response) bool {
	return resp.StatusCode == http.StatusSwitchingProtocols || a.lease.Probe()
}

// blames reports whether the endpoint is the reason why an attempt has no response. It
// is not if the client left or its time was up, if the request cannot be sent, or if
// too many requests wait for a connection; Linkerd does blame it for the last, and
// marks a busy endpoint dead.
func (o Outcome) blames() bool {
	switch o.end {
	case endLeft, endExpired, endInvalid, endUnrouted, endStale:
		return false
	}
	return true
}

// report reports the outcome of the attempt to the endpoint, and records in the span
// if the endpoint's state changed by it.
func (a *attempt) report(o balance.Outcome) {
	if change := a.lease.Report(o); a.recording && change.Kind != "" {
		hopspan.EndpointChanged(a.span, change.Kind, change.For)
	}
}
