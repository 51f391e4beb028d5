package lostcontext

import oteltrace "go.opentelemetry.io/otel/trace"

// service is what is known of one service, in this period and the one before.
type service struct {
	now, before counts
	trace, call oteltrace.TraceID // of the last lost call: of the request, and its own
}

// counts are of requests from the addresses of a service.
type counts struct {
	requests uint64 // to the service
	lost     uint64 // calls without context, during requests to no other service
	kept     uint64 // such calls with it
	longer   uint64 // without context, that went on after the request they came in
	unclear  uint64 // without context, while requests of several services were there
	outside  uint64 // without context, while no request was there
}

func (s *service) total() counts {
	a, b := s.now, s.before
	return counts{
		a.requests + b.requests, a.lost + b.lost, a.kept + b.kept,
		a.longer + b.longer, a.unclear + b.unclear, a.outside + b.outside,
	}
}

// named reports whether it is likely that the service loses the context: for a tenth of
// its calls at least, and not by chance. Requests of others at the same address come at
// any time, also between requests to it, and end when they like.
func (c counts) named() bool {
	return c.lost >= enough && c.lost*9 >= c.kept && c.lost >= 9*c.longer && c.lost >= c.outside && c.lost >= c.unclear
}
