package router

import (
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/h1"
)

// addConnections adds to what the transports of some endpoints have counted.
func addConnections(s *h1.Stats, more h1.Stats) {
	s.Open += more.Open
	s.Idle += more.Idle
	s.Waiters += more.Waiters
	s.Waited += more.Waited
	s.TooManyWaiters += more.TooManyWaiters
	s.Connects += more.Connects
	s.ConnectFailures += more.ConnectFailures
	s.Unasked += more.Unasked
	s.ReadTimeouts += more.ReadTimeouts
	s.WriteTimeouts += more.WriteTimeouts
}

// connections returns what the transports of the client's endpoints have counted,
// or nil if they do not count.
func (c *client) connections() *h1.Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	all, counts := c.left, c.counts
	for _, endpoint := range c.set.Endpoints() {
		if s, ok := endpoint.Transport().(*reach).connectionStats(); ok {
			addConnections(&all, s)
			counts = true
		}
	}
	if !counts {
		return nil
	}
	return &all
}

// keepCounters keeps what was counted for endpoints that have been removed, because
// counters must not decrease. c.mu is held.
func (c *client) keepCounters(before []*balance.Endpoint) {
	stays := map[*balance.Endpoint]bool{}
	for _, endpoint := range c.set.Endpoints() {
		stays[endpoint] = true
	}
	for _, endpoint := range before {
		if s, ok := endpoint.Transport().(*reach).connectionStats(); ok && !stays[endpoint] {
			s.Open, s.Idle, s.Waiters = 0, 0, 0
			addConnections(&c.left, s)
			c.counts = true
		}
	}
}
