package router

import (
	"net/http"
	"sync/atomic"
)

// counting counts what passes it: the requests of a router, of a service, or the
// attempts at a replica set.
type counting struct {
	*counters
	below stage
}

type counters struct {
	requests, success, failures atomic.Uint64
	pending                     atomic.Int64
	causes                      causes // of the failures
}

func (s *counting) do(x *exchange) (*http.Response, error) {
	s.requests.Add(1)
	s.pending.Add(1)
	resp, err := s.below.do(x)
	switch {
	case err != nil:
		s.count(Failure, err)
	case x.class != Undecided:
		s.count(x.class, nil)
	}
	return resp, err
}

func (s *counting) done(x *exchange, o Outcome) {
	s.below.done(x, o)
	if x.class == Undecided {
		s.count(o.Class, o.Err)
	}
	s.pending.Add(-1)
}

// count counts what a request came to, with its error if it has no response or only a part
// of one.
func (c *counters) count(class Class, err error) {
	if class == Success {
		c.success.Add(1)
		return
	}
	c.failures.Add(1)
	c.causes.count(err)
}
