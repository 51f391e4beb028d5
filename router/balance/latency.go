package balance

import (
	"math"
	"sync/atomic"
	"time"
)

// latency is the cost of an endpoint: a moving average of the nanoseconds that
// requests take. It decays all the time. It is therefore kept as the logarithm
// of what it would be at time zero, which to decay does not change: to look at
// it is one load.
type latency struct {
	of   *ewma
	log  atomic.Uint64 // bits of a float64; minus infinity: nothing is known
	seen atomic.Int64  // when the last observation was
}

// latencyOf is the endpoint's latency, which is new only for a new endpoint.
func latencyOf(e *Endpoint, of *ewma) *latency {
	if m := e.meter.Load(); m != nil {
		if l, ok := (*m).(*latency); ok && l.of == of {
			return l
		}
	}
	l := &latency{of: of}
	l.log.Store(math.Float64bits(math.Inf(-1)))
	m := meter(l)
	e.meter.Store(&m)
	return l
}

// load is the cost of one more request, beside those in flight.
func (l *latency) load(now time.Duration, pending int64) float64 {
	cost := l.cost(l.log.Load(), now)
	if cost == 0 && pending > 0 {
		return penalty + float64(pending)
	}
	return cost * float64(pending+1)
}

// penalty is the load of an endpoint that has its first request and has not
// shown yet how long that takes: some 39 hours.
const penalty = math.MaxInt64 >> 16

func (l *latency) cost(log uint64, at time.Duration) float64 {
	return math.Exp(math.Float64frombits(log) - float64(at)/float64(l.of.decay))
}

func (l *latency) begin() time.Duration { return l.of.now() }

// end observes how long a request took. What is longer than the average takes
// its place. What is shorter weighs in by the time since the cost was last
// looked at, which in Finagle is an observation of nothing, and which was for
// the choice of this request at the latest.
func (l *latency) end(began time.Duration) {
	if began == never {
		return
	}
	now, decay := l.of.now(), float64(l.of.decay)
	took := float64(max(now-began, 1)) // zero would say that nothing is known
	looked := max(time.Duration(l.seen.Load()), began)
	for {
		old := l.log.Load()
		cost := took
		if before := l.cost(old, looked); before >= took {
			weight := math.Exp(-float64(max(now-looked, 0)) / decay)
			cost = before*weight + took*(1-weight)
		}
		if l.log.CompareAndSwap(old, math.Float64bits(math.Log(cost)+float64(now)/decay)) {
			break
		}
	}
	l.seen.Store(int64(now))
}
