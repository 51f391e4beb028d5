package router

import (
	"net/http"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/wire"
)

// deadline computes by when the response of a request must begin; see limitOf. The
// server span says so, for a request that has such a limit.
type deadline struct {
	service *service
	below   stage
}

func (s *deadline) do(x *exchange) (*http.Response, error) {
	var call limit
	if wire.IsGRPC(x.out.Header) {
		call = callLimit(x.local, x.out.Header)
		x.callBy = call.or(callerLimit(x.ctx, x.local)).at
	}
	x.limit = limitOf(x.ctx, x.local, call, s.service.policy.TotalTimeout)
	if !x.limit.isNever() {
		if span := x.recordingSpan(); span != nil {
			hopspan.Deadline(span, x.limit.at, x.limit.setBy())
		}
	}
	return s.below.do(x)
}

func (s *deadline) done(x *exchange, o Outcome) { s.below.done(x, o) }

// expired is the error of a request whose deadline passed before it had an endpoint.
func (x *exchange) expired() *Error {
	name := x.service.name
	return &Error{Kind: x.limit.kind, Dst: name, Err: x.limit.expired(name.String(), notAvailable)}
}
