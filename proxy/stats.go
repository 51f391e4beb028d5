package proxy

import (
	"strings"
	"sync/atomic"
	"time"
)

// Stats are a handler's counters since it was made.
type Stats struct {
	Requests uint64 // finished
	Success  uint64 // finished: a success by l5d-success-class, or without it by a status below 500
	Failures uint64 // finished: the others
	Refused  uint64 // refused for a bad target, a bad dtab, size or depth, or by Refuse; not counted in Requests
	Ignored  uint64 // had a dtab that was ignored because of Config.IgnoreDtabs
	Loops    uint64 // finished: refused because they had been here before
	Cut      uint64 // error messages that were cut to Config.MaxErrorBytes
	Pending  int64  // in flight now
	// Causes are the Failures by what caused them, each that occurred: "status" for a
	// response from an endpoint that counts as a failure, "response" for one that broke
	// off, "concurrency", "method", "protocol", "depth" and "target" for requests that
	// the handler refuses itself, or else the router.Kind of the error.
	Causes   map[string]uint64
	ByClass  [6]uint64        // finished, by the first digit of the status; 0 is not used
	ByStatus map[int]uint64   // finished, by the status, from 100 to 599
	Time     time.Duration    // total time of the finished requests
	Times    [6]time.Duration // the same, by the first digit of the status
}

// maxStatus is the highest status with a counter of its own.
const maxStatus = 599

type counters struct {
	success, failures, refused, loops, ignored, cut atomic.Uint64
	pending                                         atomic.Int64
	byStatus                                        [maxStatus + 1]atomic.Uint64
	nanos                                           [6]atomic.Int64 // by the first digit of the status; 0: another one
	causes                                          [allCauses]atomic.Uint64
}

func (c *counters) begin() { c.pending.Add(1) }

func (c *counters) end(status int, success bool, why cause, took time.Duration) {
	c.pending.Add(-1)
	if success {
		c.success.Add(1)
	} else {
		c.failures.Add(1)
		c.causes[why].Add(1)
	}
	class := 0
	if status >= 100 && status <= maxStatus {
		class = status / 100
		c.byStatus[status].Add(1)
	}
	c.nanos[class].Add(int64(took))
}

func (c *counters) snapshot() Stats {
	s := Stats{
		Success:  c.success.Load(),
		Failures: c.failures.Load(),
		Refused:  c.refused.Load(),
		Ignored:  c.ignored.Load(),
		Loops:    c.loops.Load(),
		Cut:      c.cut.Load(),
		Pending:  c.pending.Load(),
		ByStatus: map[int]uint64{},
		Causes:   map[string]uint64{},
	}
	s.Requests = s.Success + s.Failures
	for i := range s.Times {
		s.Times[i] = time.Duration(c.nanos[i].Load())
		s.Time += s.Times[i]
	}
	for why := range c.causes {
		if n := c.causes[why].Load(); n > 0 {
			s.Causes[strings.ReplaceAll(cause(why).String(), " ", "_")] = n
		}
	}
	for status := range c.byStatus {
		if n := c.byStatus[status].Load(); n > 0 {
			s.ByStatus[status] = n
			s.ByClass[status/100] += n
		}
	}
	return s
}
