package lostcontext

import (
	"slices"

	oteltrace "go.opentelemetry.io/otel/trace"
)

// host is an address at which there are endpoints.
type host struct {
	flights []flight // requests at its endpoints, of the last seconds
	calls   []call   // requests from it that wait to be judged
	used    moment
}

// flight is a request that was at an endpoint.
type flight struct {
	service    *service
	begin, end moment
	trace      oteltrace.TraceID
}

// call is a request that came from the address of an endpoint.
type call struct {
	begin, end moment
	continued  bool
	trace      oteltrace.TraceID
}

func (h *host) landed(f flight) {
	f.service.now.requests++
	if len(h.flights) == maxFlights {
		h.flights = slices.Delete(h.flights, 0, maxFlights/2)
	}
	h.flights = append(h.flights, f)
}

func (h *host) called(e *event) {
	if len(h.calls) < maxCalls {
		h.calls = append(h.calls, call{e.start, e.end, e.continued, e.trace})
	}
}

// judge judges the calls that are old enough, and forgets the requests that are too old
// for those that are not.
func (h *host) judge(now moment) {
	h.calls = slices.DeleteFunc(h.calls, func(c call) bool {
		if now.since(c.begin) < settle {
			return false
		}
		h.one(c)
		return true
	})
	h.flights = slices.DeleteFunc(h.flights, func(f flight) bool { return now.since(f.end) > 2*settle })
}

// one judges a call.
func (h *host) one(c call) {
	var cause *flight
	for i := range h.flights {
		f := &h.flights[i]
		if c.begin < f.begin || c.begin > f.end {
			continue
		}
		if cause != nil && cause.service != f.service {
			if !c.continued {
				cause.service.now.unclear++
				f.service.now.unclear++
			}
			return
		}
		if cause == nil || f.end > cause.end {
			cause = f // which gives it the most time to end
		}
	}
	switch {
	case cause == nil:
		if !c.continued {
			h.outside()
		}
	case c.continued:
		cause.service.now.kept++
	case c.end > cause.end:
		cause.service.now.longer++
	default:
		s := cause.service
		s.now.lost++
		s.trace, s.call = cause.trace, c.trace
	}
}

// outside counts a call that no request caused, for each service at the address.
func (h *host) outside() {
	var seen []*service
	for i := range h.flights {
		if s := h.flights[i].service; !slices.Contains(seen, s) {
			seen = append(seen, s)
			s.now.outside++
		}
	}
}
