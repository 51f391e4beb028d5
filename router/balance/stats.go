package balance

import (
	"sync/atomic"
	"time"
)

// Stats is the state of a [Set] and what it has counted since it was made.
type Stats struct {
	// Size is the number of endpoints, Available the number of those that are open,
	// and Pending the number of requests in flight at all of them.
	Size, Available int
	Pending         int64

	Updates uint64 // calls of Update, including those that changed nothing
	Adds    uint64 // endpoints that were added
	Removes uint64 // endpoints that were removed
	// Exhausted counts picks that found no open endpoint within the picker's
	// number of tries and took whichever endpoint came next.
	Exhausted uint64

	Removals uint64 // endpoints that were alive and were marked dead
	Revivals uint64 // endpoints that were dead and were marked alive
	Probes   uint64 // requests that tested whether an endpoint is still dead
	// RemovedFor is the sum of the times for which endpoints were marked dead;
	// each is added in full when the endpoint is marked.
	RemovedFor time.Duration
}

// Add adds the state and the counters of another set.
func (s *Stats) Add(more Stats) {
	s.Size += more.Size
	s.Available += more.Available
	s.Pending += more.Pending
	s.Updates += more.Updates
	s.Adds += more.Adds
	s.Removes += more.Removes
	s.Exhausted += more.Exhausted
	s.Removals += more.Removals
	s.Revivals += more.Revivals
	s.Probes += more.Probes
	s.RemovedFor += more.RemovedFor
}

// counters are shared by the endpoints of a set and outlive them.
type counters struct {
	updates, adds, removes, exhausted atomic.Uint64
	removals, revivals, probes        atomic.Uint64
	removedFor                        atomic.Int64
}

func (c *counters) snapshot() Stats {
	return Stats{
		Updates:    c.updates.Load(),
		Adds:       c.adds.Load(),
		Removes:    c.removes.Load(),
		Exhausted:  c.exhausted.Load(),
		Removals:   c.removals.Load(),
		Revivals:   c.revivals.Load(),
		Probes:     c.probes.Load(),
		RemovedFor: time.Duration(c.removedFor.Load()),
	}
}
