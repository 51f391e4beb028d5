package router

import "github.com/meshhop/meshhop/router/balance"

// ConnectionStats is what a router has counted of the connections to the
// replicas of a set.
type ConnectionStats struct {
	Open    int // connections, in use and idle; those of tunnels too
	Idle    int // of them, waiting for a request
	Waiters int // requests that wait for one of TransportConfig.MaxConns

	Waited          uint64 // requests that had to wait
	TooManyWaiters  uint64 // requests that were refused, because of TransportConfig.MaxWaiters
	Connects        uint64 // connections made
	ConnectFailures uint64 // failed dials, not counting those whose caller had cancelled
	Unasked         uint64 // connections that were closed because the replica sent bytes that no request asked for
}

func (s *ConnectionStats) add(more ConnectionStats) {
	s.Open += more.Open
	s.Idle += more.Idle
	s.Waiters += more.Waiters
	s.Waited += more.Waited
	s.TooManyWaiters += more.TooManyWaiters
	s.Connects += more.Connects
	s.ConnectFailures += more.ConnectFailures
	s.Unasked += more.Unasked
}

// connections returns what the transports of the client's endpoints have counted,
// or nil if they do not count.
func (c *client) connections() *ConnectionStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	all, counts := c.left, c.counts
	for _, endpoint := range c.set.Endpoints() {
		if s, ok := endpoint.Transport().(*reach).connectionStats(); ok {
			all.add(s)
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
			c.left.add(s)
			c.counts = true
		}
	}
}
