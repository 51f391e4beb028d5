package router

import (
	"net/http"

	"github.com/meshhop/meshhop/router/h1"
)

// reach is how one endpoint is reached: its transport, below the stages of an attempt.
// It is what the balancer's endpoint has for a transport.
type reach struct {
	http.RoundTripper

	attempts attempts
	span     clientSpan
	accrual  accrual
	classify classify
	diagnose diagnose
	deadline attemptDeadline
	header   header
	send     send
}

// newReach makes the stages of an endpoint of c.
func newReach(c *client, transport http.RoundTripper) *reach {
	r := &reach{RoundTripper: transport}
	r.attempts = attempts{client: c, counting: counting{&c.stats.counters, &r.span}}
	r.span = clientSpan{client: c, below: &r.accrual}
	r.accrual = accrual{below: &r.classify}
	r.classify = classify{below: &r.diagnose}
	r.diagnose = diagnose{client: c, below: &r.deadline}
	r.deadline = attemptDeadline{timeout: c.policy.AttemptTimeout, below: &r.header}
	r.header = header{forwardCert: c.policy.ForwardClientCert, certFormat: c.policy.ClientCertFormat, below: &r.send}
	r.send = newSend(c, transport)
	return r
}

func (r *reach) do(x *exchange) (*http.Response, error) { return r.attempts.do(x) }

func (r *reach) done(x *exchange, o Outcome) { r.attempts.done(x, o) }

// CloseIdleConnections is called when the endpoint has left its set.
func (r *reach) CloseIdleConnections() {
	if t, ok := r.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}

// connectionStats returns what a transport has counted, if it counts; those of
// package h1 do.
func (r *reach) connectionStats() (s h1.Stats, ok bool) {
	counting, ok := r.RoundTripper.(interface{ Stats() h1.Stats })
	if ok {
		s = counting.Stats()
	}
	return s, ok
}
