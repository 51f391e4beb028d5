package proxy

import (
	"sync/atomic"
	"time"
)

// limits are for how long a server waits for its peers; 0: without end.
type limits struct {
	head, idle, body, response time.Duration
	conns                      int // at the same time; 0: any number
}

// Defaults of ServerConfig. nginx has 60 s for heads, bodies and responses and
// 75 s for idle connections (client_header_timeout, client_body_timeout,
// send_timeout, keepalive_timeout).
const (
	defaultHeadTimeout     = 30 * time.Second
	defaultIdleTimeout     = 100 * time.Second
	defaultBodyTimeout     = 60 * time.Second
	defaultResponseTimeout = 60 * time.Second
)

func limitsOf(c ServerConfig) limits {
	l := limits{
		head:     limitOr(c.ReadHeaderTimeout, defaultHeadTimeout),
		idle:     limitOr(c.IdleTimeout, defaultIdleTimeout),
		body:     limitOr(c.BodyTimeout, defaultBodyTimeout),
		response: limitOr(c.ResponseTimeout, defaultResponseTimeout),
		conns:    c.MaxConnections,
	}
	if l.conns == 0 {
		l.conns = defaultMaxConnections()
	}
	l.conns = max(l.conns, 0)
	return l
}

// limitOr is a limit, or none where it is negative.
func limitOr(d, absent time.Duration) time.Duration {
	if d == 0 {
		d = absent
	}
	return max(d, 0)
}

// leastConnections is what a server takes at the same time, however few
// descriptors the process may have.
const leastConnections = 64

// defaultMaxConnections leaves three quarters of the process's descriptors to
// other servers and to the connections to replicas, of which each request may
// need one.
func defaultMaxConnections() int {
	return max(int(min(descriptors(), 1<<30)/4), leastConnections)
}

// interval is how often connections are looked at.
func (l limits) interval() time.Duration {
	shortest := time.Hour
	for _, d := range []time.Duration{l.head, l.idle, l.body, l.response} {
		if d > 0 {
			shortest = min(shortest, d)
		}
	}
	return min(max(shortest/20, 10*time.Millisecond), time.Second)
}

// ServerStats is what a server has counted since it was made.
type ServerStats struct {
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
func (s *Server) Stats() ServerStats {
	c := &s.conns
	c.mu.Lock()
	open := c.open
	c.mu.Unlock()
	return ServerStats{
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
