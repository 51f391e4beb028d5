package balance

import (
	"math"
	"sync"
	"sync/atomic"
	"time"
)

// health is whether an endpoint is alive, dead, or dead with a probe under way
// (FailureAccrualFactory.scala: Alive, Dead, ProbeOpen, ProbeClosed).
type health struct {
	// until is alive, probing, gone, or the age at which the dead endpoint becomes
	// eligible for a probe.
	until atomic.Int64

	policy   Policy // nil: the endpoint is never marked dead
	backoff  Backoff
	counters *counters
	born     time.Time

	leaving atomic.Bool // once dead, the endpoint stays dead

	mu    sync.Mutex // one death or revival at a time
	waits int        // how many times in a row it was marked dead
	last  time.Duration
}

const (
	alive   int64 = 0
	probing int64 = -1
	gone    int64 = -2
	overdue int64 = 1 // an age long past
)

func (h *health) init(policy Policy, backoff Backoff, counters *counters) {
	h.policy, h.backoff, h.counters, h.born = policy, backoff, counters, time.Now()
}

// age is in nanoseconds, and never below overdue.
func (h *health) age() int64 { return int64(time.Since(h.born)) + overdue }

func (h *health) open() bool {
	until := h.until.Load()
	return until == alive || until > alive && h.age() >= until
}

// admit reports whether a request that begins now is the probe.
func (h *health) admit() (probe bool) {
	until := h.until.Load()
	if until <= alive || h.age() < until || !h.until.CompareAndSwap(until, probing) {
		return false
	}
	h.counters.probes.Add(1)
	return true
}

// report takes the outcome of a request. The first success or failure after a probe
// began counts as the probe's, whichever request it came from, as in Finagle.
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
		return Change{} // another one did
	}
	h.policy.Revived()
	h.waits, h.last = 0, 0
	h.counters.revivals.Add(1)
	h.until.Store(alive)
	return Change{Kind: Revived}
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
	h.last = max(h.backoff.Wait(h.waits, h.last), 0)
	h.waits++
	change := Change{Kind: Extended, For: h.last}
	if was == alive {
		change.Kind = Removed
		h.counters.removals.Add(1)
	}
	h.counters.removedFor.Add(int64(h.last))
	until := gone
	if !h.leaving.Load() {
		until = h.age()
		until += min(int64(h.last), math.MaxInt64-until)
	}
	h.until.Store(until)
	return change
}

// leave makes the endpoint stay dead once it is marked dead.
func (h *health) leave() { h.leaving.Store(true) }

// stay undoes leave.
func (h *health) stay() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.leaving.Store(false)
	h.until.CompareAndSwap(gone, overdue)
}
