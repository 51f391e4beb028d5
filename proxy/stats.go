package proxy

import (
	"sync/atomic"
	"time"
)

// Stats is what a handler has counted since it was made.
type Stats struct {
	Requests uint64        // finished
	Success  uint64        // of those: a success as l5d-success-class has it, or with a status below 500 where there is none
	Failures uint64        // of those: the others
	Refused  uint64        // refused before they were counted as requests: bad dtab, size, depth
	Pending  int64         // in flight now
	ByClass  [6]uint64     // finished, by the first digit of the status; 0 is not used
	Time     time.Duration // the sum of the finished requests' times
}

type counters struct {
	success, failures, refused atomic.Uint64
	pending                    atomic.Int64
	byClass                    [6]atomic.Uint64
	nanos                      atomic.Int64
}

func (c *counters) begin() { c.pending.Add(1) }

func (c *counters) end(status int, success bool, took time.Duration) {
	c.pending.Add(-1)
	c.nanos.Add(int64(took))
	if success {
		c.success.Add(1)
	} else {
		c.failures.Add(1)
	}
	if class := status / 100; class > 0 && class < len(c.byClass) {
		c.byClass[class].Add(1)
	}
}

func (c *counters) snapshot() Stats {
	s := Stats{
		Success:  c.success.Load(),
		Failures: c.failures.Load(),
		Refused:  c.refused.Load(),
		Pending:  c.pending.Load(),
		Time:     time.Duration(c.nanos.Load()),
	}
	s.Requests = s.Success + s.Failures
	for i := range s.ByClass {
		s.ByClass[i] = c.byClass[i].Load()
	}
	return s
}
