package api

import "sync/atomic"

// counts are for metrics.
type counts struct {
	relists, failures atomic.Uint64
	streams           atomic.Int64
}

// Counts are what a client has done since it was made.
type Counts struct {
	Relists  uint64 // lists after the first of a watch
	Failures uint64 // answers that were errors, and no answers
	Streams  int64  // watches that are connected now
	Watches  int    // what somebody observes now
}

// Counts gives them.
func (c *Client) Counts() Counts {
	c.mu.Lock()
	watches := len(c.shared)
	c.mu.Unlock()
	return Counts{c.counts.relists.Load(), c.counts.failures.Load(), c.counts.streams.Load(), watches}
}
