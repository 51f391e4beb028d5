package serve

import "sync/atomic"

// Stats is what a server has counted since it was made.
type Stats struct {
	Connections int64  // open now, upgraded ones included
	Accepted    uint64 // connections
	Waited      uint64 // of those: had to wait, for there were too many, and none that was idle

	// Connections that the server closed, by the limit that they exceeded.
	IdleTimeouts     uint64
	HeadTimeouts     uint64
	BodyTimeouts     uint64
	ResponseTimeouts uint64
	Evicted          uint64 // idle, and others needed the room
}

type connCounts struct {
	accepted, waited                    atomic.Uint64
	idle, head, body, response, evicted atomic.Uint64
}

// Stats returns the counters as they are now.
func (s *Server) Stats() Stats {
	c := &s.conns
	c.mu.Lock()
	open := c.open
	c.mu.Unlock()
	return Stats{
		Connections:      int64(open),
		Accepted:         c.counts.accepted.Load(),
		Waited:           c.counts.waited.Load(),
		IdleTimeouts:     c.counts.idle.Load(),
		HeadTimeouts:     c.counts.head.Load(),
		BodyTimeouts:     c.counts.body.Load(),
		ResponseTimeouts: c.counts.response.Load(),
		Evicted:          c.counts.evicted.Load(),
	}
}
