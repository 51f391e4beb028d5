package router

import (
	"sync/atomic"

	"github.com/meshhop/meshhop/resolve"
)

// Stats is what a router has counted since it was made.
type Stats struct {
	Requests uint64 // begun
	Success  uint64 // answered by a replica with a status below 500
	Failures uint64 // answered with 500 or above, or not at all
	Pending  int64  // in flight now
	Paths    CacheStats
	Clients  CacheStats
}

// CacheStats is what a cache of names or replica sets has counted.
type CacheStats struct {
	Size     int    // values now
	Misses   uint64 // values made
	Evicts   uint64 // dropped to make room
	Expires  uint64 // dropped because nobody used them
	Oneshots uint64 // of those dropped: used only once
}

// ClientStats is what a router has counted for one replica set, since it was
// last taken into the cache.
type ClientStats struct {
	ID        resolve.Path
	Requests  uint64 // attempts begun
	Success   uint64 // answered with a status below 500
	Failures  uint64 // answered with 500 or above, or not at all
	Pending   int64  // in flight now
	Endpoints []resolve.Address
}

type routerCounters struct {
	requests, success, failures atomic.Uint64
	pending                     atomic.Int64
}

// Stats returns the counters as they are now.
func (r *Router) Stats() Stats {
	return Stats{
		Requests: r.stats.requests.Load(),
		Success:  r.stats.success.Load(),
		Failures: r.stats.failures.Load(),
		Pending:  r.stats.pending.Load(),
		Paths:    r.bindings.snapshot(),
		Clients:  r.clients.snapshot(),
	}
}

// ClientStats returns the counters of each replica set in the cache.
func (r *Router) ClientStats() []ClientStats {
	var all []ClientStats
	r.clients.values(func(c *client) {
		s := ClientStats{
			ID:       c.id,
			Requests: c.stats.requests.Load(),
			Success:  c.stats.success.Load(),
			Failures: c.stats.failures.Load(),
			Pending:  c.stats.pending.Load(),
		}
		if set := c.replicas.Load(); set != nil {
			s.Endpoints = set.addresses
		}
		all = append(all, s)
	})
	return all
}
