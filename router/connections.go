package router

import (
	"net/http"

	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/h1"
)

// ConnectionStats is what a router has counted of the connections to the
// replicas of a set.
type ConnectionStats struct {
	Open    int // connections, in use and idle; those of tunnels too
	Idle    int // of them, waiting for a request
	Waiters int // requests that wait for one of TransportConfig.MaxConns

	Waited          uint64 // requests that had to wait
	TooManyWaiters  uint64 // requests that were refused, because of TransportConfig.MaxWaiters
	Connects        uint64 // connections made
	ConnectFailures uint64 // connections that could not be made, other than for want of a caller
	Unasked         uint64 // connections that were closed because the replica said something unasked
}

// connectionStats is what a transport has counted, if it counts, as those of
// package h1 do.
func connectionStats(transport http.RoundTripper) (s ConnectionStats, ok bool) {
	counting, ok := transport.(interface{ Stats() h1.Stats })
	if ok {
		s = ConnectionStats(counting.Stats())
	}
	return s, ok
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

// connections is what the transports of the client's endpoints have counted;
// nil: they count nothing.
func (c *client) connections() *ConnectionStats {
	c.mu.Lock()
	defer c.mu.Unlock()
	all, counts := c.left, c.counts
	for _, endpoint := range c.set.Endpoints() {
		if s, ok := connectionStats(endpoint.Transport()); ok {
			all.add(s)
			counts = true
		}
	}
	if !counts {
		return nil
	}
	return &all
}

// keepCounters keeps what was counted for endpoints that were there before and
// are not any more: counters must not go back. c.mu is held.
func (c *client) keepCounters(before []*balance.Endpoint) {
	stays := map[*balance.Endpoint]bool{}
	for _, endpoint := range c.set.Endpoints() {
		stays[endpoint] = true
	}
	for _, endpoint := range before {
		if s, ok := connectionStats(endpoint.Transport()); ok && !stays[endpoint] {
			s.Open, s.Idle, s.Waiters = 0, 0, 0
			c.left.add(s)
			c.counts = true
		}
	}
}
