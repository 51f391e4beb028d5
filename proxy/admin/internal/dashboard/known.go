package dashboard

import (
	"math"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/resolve"
)

// windowSize is how many ticks a rate is taken over.
const windowSize = 10

// known is a name that sources count: what it did in the last ticks, at all of them. Ticks
// are numbered as by History.tick.
type known struct {
	key
	id      resolve.Path // of a service or a client
	sources int          // that have it
	shown   *counted     // by the newest source; nil: that does not count it

	since   uint64 // the tick before the first one that it has
	last    uint64 // the last one that is in ticks
	ticks   [windowSize]tally
	warm    bool // it is among History.warm
	pending int64

	score  float64 // requests in a tick, of late
	scored uint64  // as of this tick

	// Of those that have a past.
	fine, coarse *histogram.Counts // what took so long in this tick, and in the coarse one
	recent       *histogram.Counts // the last minute
}

// tally is what happened in a tick.
type tally struct{ ended, failed, again float32 }

// happened adds to what happened in a tick, which is the last one.
func (k *known) happened(tick uint64, more tally) {
	for n := uint64(0); k.last < tick && n < windowSize; n++ {
		k.ticks[(tick-n)%windowSize] = tally{}
		if tick-n == k.last+1 {
			break
		}
	}
	k.last = tick
	at := &k.ticks[tick%windowSize]
	at.ended += more.ended
	at.failed += more.failed
	at.again += more.again
}

// in is what happened in one of the last ticks.
func (k *known) in(tick uint64) tally {
	if k.last < tick {
		return tally{}
	}
	return k.ticks[tick%windowSize]
}

// decay is what a tick leaves of a score.
const decay = 0.98

// scoreAt is the score at a tick.
func (k *known) scoreAt(tick uint64) float64 {
	if tick > k.scored {
		k.score *= math.Pow(decay, float64(tick-k.scored))
		k.scored = tick
	}
	return k.score
}

// sample is a tick as it is remembered, with the latencies of the tick and, if one ended,
// of the coarse tick.
func (k *known) sample(tick uint64) (now, long sample) {
	now = sample{p50: -1, p95: -1, p99: -1, longest: -1}
	long = now
	if k == nil { // it is gone
		return now, long
	}
	t := k.in(tick)
	now.requests, now.failures, now.retries, now.pending = t.ended, t.failed, t.again, int32(k.pending)
	now.quantiles(k.fine)
	long.quantiles(k.coarse)
	return now, long
}
