package dashboard

import "time"

// A sample is what a series did within one tick.
type sample struct {
	requests, failures, retries float32
	pending                     int32
	p50, p95, p99, longest      float32 // ms; negative: nothing ended
}

const (
	fineTick   = time.Second
	fineTicks  = 600 // 10 minutes
	coarseOf   = 10  // fine ticks in a coarse one
	coarseTick = coarseOf * fineTick
	coarseSize = 2160 // 6 hours
)

// A series is the past of one name, in as much memory whatever there was to remember:
// 88 KB.
type series struct {
	key    key
	since  uint64 // the first tick that it has
	fine   [fineTicks]sample
	coarse [coarseSize]sample
	sum    sample // of the coarse tick that is under way
}

// timeline is when the ticks were, which all series share: the number of the next one,
// and how long each took.
type timeline struct {
	next         uint64
	fineAt       [fineTicks]time.Time
	fineTook     [fineTicks]float32 // seconds
	coarseAt     [coarseSize]time.Time
	coarseTook   [coarseSize]float32
	coarseSecond float32 // of the coarse tick that is under way
}

// advance begins a tick that took so long and is over at this time; coarse says that a
// coarse tick is over with it.
func (t *timeline) advance(at time.Time, took time.Duration) (tick uint64, coarse bool) {
	tick = t.next
	t.next++
	t.fineAt[tick%fineTicks], t.fineTook[tick%fineTicks] = at, float32(took.Seconds())
	t.coarseSecond += float32(took.Seconds())
	if coarse = t.next%coarseOf == 0; coarse {
		n := tick / coarseOf % coarseSize
		t.coarseAt[n], t.coarseTook[n] = at, t.coarseSecond
		t.coarseSecond = 0
	}
	return tick, coarse
}

// add takes what the series did in a tick; of is the longer of the two latencies.
func (s *series) add(tick uint64, now sample, coarse bool, latencies sample) {
	s.fine[tick%fineTicks] = now
	s.sum.requests += now.requests
	s.sum.failures += now.failures
	s.sum.retries += now.retries
	s.sum.pending = max(s.sum.pending, now.pending)
	if coarse {
		s.sum.p50, s.sum.p95, s.sum.p99, s.sum.longest = latencies.p50, latencies.p95, latencies.p99, latencies.longest
		s.coarse[tick/coarseOf%coarseSize] = s.sum
		s.sum = sample{}
	}
}

// A point is a sample with its time.
type point struct {
	at   time.Time
	took float64 // seconds
	sample
}

// past returns what the series did, the oldest first: the last 10 minutes, or 6 hours.
func (t *timeline) past(s *series, long bool) (all []point) {
	size, first, end := uint64(fineTicks), s.since, t.next
	if long {
		size, first, end = coarseSize, (s.since+coarseOf-1)/coarseOf, t.next/coarseOf
	}
	if end > size {
		first = max(first, end-size)
	}
	for n := first; n < end; n++ {
		i := n % size
		p := point{t.fineAt[i%fineTicks], float64(t.fineTook[i%fineTicks]), s.fine[i%fineTicks]}
		if long {
			p = point{t.coarseAt[i], float64(t.coarseTook[i]), s.coarse[i]}
		}
		all = append(all, p)
	}
	return all
}
