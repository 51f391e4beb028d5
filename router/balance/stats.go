package balance

import (
	"sync/atomic"
	"time"
)

// Stats is what a [Set] has counted since it was made, and how it stands.
type Stats struct {
	// Size is how many endpoints there are, Available how many of them are
	// open, and Pending the requests in flight at them.
	Size, Available int
	Pending         int64

	Updates uint64 // changes of the set, or at least so they were told
	Adds    uint64 // endpoints that came
	Removes uint64 // endpoints that left
	// Exhausted is how often a picker chose none that is open, as often as it
	// tries, and took what came next.
	Exhausted uint64

	Removals uint64 // of endpoints that were alive and became dead
	Revivals uint64 // of endpoints that were dead and became alive
	Probes   uint64 // requests to see whether an endpoint is still dead
	// RemovedFor is for how long endpoints were taken for dead, altogether,
	// counted when they are.
	RemovedFor time.Duration
}

// Add adds the counters of another set.
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

// counters outlive the endpoints that count in them.
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
