package router

import "net/http"

// deadline computes by when the response of a request must begin; see limitOf.
type deadline struct {
	service *service
	below   stage
}

func (s *deadline) do(x *exchange) (*http.Response, error) {
	x.limit = limitOf(x.ctx, x.local, s.service.policy.TotalTimeout)
	return s.below.do(x)
}

func (s *deadline) done(x *exchange, o Outcome) { s.below.done(x, o) }

// expired is the error of a request whose deadline passed before it had an endpoint.
func (x *exchange) expired() *Error {
	name := x.service.name
	return &Error{Kind: x.limit.kind, Dst: name, Err: x.limit.expired(name.String(), notAvailable)}
}
