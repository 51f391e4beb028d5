package balance

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// health is the state of an endpoint: alive, dead, or dead with a probe in flight
// (FailureAccrualFactory.scala: Alive, Dead, ProbeOpen, ProbeClosed).
type health struct {
	// until is alive, probing or deadForGood, or the age at which the dead endpoint
	// becomes eligible for a probe.
	until atomic.Int64

	policy   Policy // nil: the endpoint is never marked dead
	backoff  Backoff
	counters *counters
	born     time.Time

	noProbes atomic.Bool // a dead endpoint gets no probes

	mu       sync.Mutex // one death or revival at a time
	waits    int        // how many times in a row the endpoint was marked dead
	lastWait time.Duration
}

const (
	alive       int64 = 0
	probing     int64 = -1
	deadForGood int64 = -2
	overdue     int64 = 1 // an age long past
)

func (h *health) init(policy Policy, backoff Backoff, counters *counters) {
	h.policy, h.backoff, h.counters, h.born = policy, backoff, counters, time.Now()
}

// age returns the nanoseconds since the endpoint was made; it is never below overdue.
func (h *health) age() int64 { return int64(time.Since(h.born)) + overdue }

func (h *health) open() bool {
	until := h.until.Load()
	return until == alive || until > alive && h.age() >= until
}

// admitProbe reports whether a request that starts now is the probe.
func (h *health) admitProbe() bool {
	until := h.until.Load()
	if until <= alive || h.age() < until || !h.until.CompareAndSwap(until, probing) {
		return false
	}
	h.counters.probes.Add(1)
	return true
}

// report takes the outcome of a request. The first success or failure after a probe
// started counts as the outcome of the probe, whichever request it comes from, as in
// Finagle.
func (h *health) report(o Outcome, probe bool) Change {
	if h.policy == nil {
		return Change{}
	}
	switch o {
	case Success:
		var change Change
		if h.until.Load() == probing {
			change = h.revive()
		}
		h.policy.Success()
		return change
	case Failure:
		return h.fail()
	}
	if probe {
		h.until.CompareAndSwap(probing, overdue) // it was inconclusive: the next request probes
	}
	return Change{}
}

func (h *health) revive() Change {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.until.Load() != probing {
		return Change{} // another request revived it
	}
	h.policy.Revived()
	h.waits, h.lastWait = 0, 0
	h.counters.revivals.Add(1)
	h.until.Store(alive)
	return Change{Kind: revived}
}

func (h *health) fail() Change {
	h.mu.Lock()
	defer h.mu.Unlock()
	was := h.until.Load()
	if was != alive && was != probing {
		return Change{} // dead already
	}
	if !h.policy.Failure() {
		if was == probing {
			h.until.Store(overdue)
		}
		return Change{}
	}
	h.lastWait = max(h.backoff.Wait(h.waits, h.lastWait), 0)
	h.waits++
	change := Change{Kind: extended, For: h.lastWait}
	if was == alive {
		change.Kind = removed
		h.counters.removals.Add(1)
	}
	h.counters.removedFor.Add(int64(h.lastWait))
	until := deadForGood
	if !h.noProbes.Load() {
		until = h.age()
		until += min(int64(h.lastWait), math.MaxInt64-until)
	}
	h.until.Store(until)
	return change
}

// stopProbes makes the endpoint stay dead once it is marked dead.
func (h *health) stopProbes() { h.noProbes.Store(true) }

// resumeProbes undoes stopProbes.
func (h *health) resumeProbes() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noProbes.Store(false)
	h.until.CompareAndSwap(deadForGood, overdue)
}
