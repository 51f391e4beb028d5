package balance

import (
	"math"
	"sync/atomic"
	"time"
)

// latency is the expected latency of an endpoint: a moving average of the nanoseconds
// that requests take. The average decays all the time. It is stored as the logarithm of
// the value it would have at time zero, which decay does not change; so a pick reads
// it with one atomic load.
type latency struct {
	of       *ewma
	log      atomic.Uint64 // bits of a float64; minus infinity: no observation yet
	observed atomic.Int64  // when the last observation was made
}

// latencyOf returns the latency of an endpoint, which is new only for a new endpoint.
func latencyOf(e *Endpoint, of *ewma) *latency {
	if m := e.metric.Load(); m != nil {
		if l, ok := (*m).(*latency); ok && l.of == of {
			return l
		}
	}
	l := &latency{of: of}
	l.log.Store(math.Float64bits(math.Inf(-1)))
	m := loadMetric(l)
	e.metric.Store(&m)
	return l
}

// load returns the load of the endpoint with one more request than those in flight.
func (l *latency) load(now time.Duration, pending int64) float64 {
	cost := l.cost(l.log.Load(), now)
	if cost == 0 && pending > 0 {
		return penalty + float64(pending)
	}
	return cost * float64(pending+1)
}

// penalty is the load, about 39 hours, of an endpoint whose first request is in flight
// and which has no observation yet.
const penalty = math.MaxInt64 >> 16

func (l *latency) cost(log uint64, at time.Duration) float64 {
	return math.Exp(math.Float64frombits(log) - float64(at)/float64(l.of.decay))
}

func (l *latency) requestStarted() time.Duration { return l.of.now() }

// requestDone observes how long a request took. A latency above the average replaces
// it. A latency below it is averaged in, weighted by the time since the average was
// last read; in Finagle a read is an observation of zero. It was last read when this
// request was picked, or later.
func (l *latency) requestDone(started time.Duration) {
	if started == never {
		return
	}
	now, decay := l.of.now(), float64(l.of.decay)
	took := float64(max(now-started, 1)) // zero would mean no observation
	lastRead := max(time.Duration(l.observed.Load()), started)
	for {
		old := l.log.Load()
		cost := took
		if before := l.cost(old, lastRead); before >= took {
			weight := math.Exp(-float64(max(now-lastRead, 0)) / decay)
			cost = before*weight + took*(1-weight)
		}
		if l.log.CompareAndSwap(old, math.Float64bits(math.Log(cost)+float64(now)/decay)) {
			break
		}
	}
	l.observed.Store(int64(now))
}
