// Package drops counts spans that were dropped, by reason.
package drops

import "sync/atomic"

// The reasons, as they stand in the label of a metric.
const (
	QueueFull = "queue_full" // the queue was full
	Refused   = "refused"    // connecting failed or the connection broke
	Timeout   = "timeout"    // the collector did not respond in time
	Status    = "status"     // the collector responded with an error
	Shutdown  = "shutdown"   // the pipeline was closed before the spans were sent
)

// Counters count dropped spans. The zero value is ready, and safe for concurrent use.
type Counters struct{ queueFull, refused, timeout, status, shutdown atomic.Uint64 }

// Counts are the values of Counters. A trace.Drops is made of them.
type Counts struct{ QueueFull, Refused, Timeout, Status, Shutdown uint64 }

// Add counts n spans for a reason. Any other text than those above is Refused.
func (c *Counters) Add(why string, n uint64) {
	counter := &c.refused
	switch why {
	case QueueFull:
		counter = &c.queueFull
	case Timeout:
		counter = &c.timeout
	case Status:
		counter = &c.status
	case Shutdown:
		counter = &c.shutdown
	}
	counter.Add(n)
}

// Load returns the counts as they are now.
func (c *Counters) Load() Counts {
	return Counts{
		QueueFull: c.queueFull.Load(),
		Refused:   c.refused.Load(),
		Timeout:   c.timeout.Load(),
		Status:    c.status.Load(),
		Shutdown:  c.shutdown.Load(),
	}
}
