package trace

import (
	"math"
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
)

// maxPerSecond bounds SamplerConfig.MaxPerSecond, for each of which there is a time.
const maxPerSecond = 100_000

// samplerLimit keeps a sampler to a number of traces in any second. Once a second it sets
// a bound below which, of the ids that came in the second before, that many lay. Above it
// nothing is kept, and so two processes with different limits keep traces of which those
// of the one are among those of the other. While more come than in the second before, the
// times of the last traces that were kept are what stops it.
type samplerLimit struct {
	most    int
	born    time.Time
	bound   atomic.Uint64 // of mixed ids
	refused atomic.Uint64
	spent   atomic.Int64 // until then nothing more may be kept; by the time since born
	until   atomic.Int64 // when the bound is set anew
	seen    [65]atomic.Uint64

	mu    sync.Mutex
	times []int64 // of the last traces that were kept, as a ring
	next  int
	began int64 // of seen
}

func newSamplerLimit(most int) *samplerLimit {
	l := &samplerLimit{most: most, born: time.Now(), times: make([]int64, most)}
	for i := range l.times {
		l.times[i] = -int64(time.Second)
	}
	l.bound.Store(math.MaxUint64)
	l.until.Store(int64(time.Second))
	return l
}

// take asks for a trace that a rate keeps, and returns the bound by which it was decided.
func (l *samplerLimit) take(mixed uint64) (ok bool, bound uint64) {
	now := int64(time.Since(l.born))
	if now >= l.until.Load() {
		l.adapt(now)
	}
	// Ids of the same number of leading zeros are counted together.
	l.seen[bits.Len64(mixed)].Add(1)
	bound = l.bound.Load()
	if bound < math.MaxUint64 && mixed >= bound || now < l.spent.Load() || !l.spend(now) {
		l.refused.Add(1)
		return false, bound
	}
	return true, bound
}

// spend takes the place of the trace that was kept longest ago, if that was a second ago.
func (l *samplerLimit) spend(now int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	oldest := l.times[l.next]
	if again := oldest + int64(time.Second); now < again {
		l.spent.Store(again)
		return false
	}
	l.times[l.next] = now
	l.next = (l.next + 1) % l.most
	return true
}

// adapt sets the bound by what was seen since the last time.
func (l *samplerLimit) adapt(now int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now < l.until.Load() {
		return // somebody else was faster
	}
	room := float64(l.most) * float64(now-l.began) / float64(time.Second)
	bound := uint64(math.MaxUint64)
	for size := range l.seen {
		n := float64(l.seen[size].Swap(0))
		if room < n && bound == math.MaxUint64 {
			bound = boundIn(size, room/n)
		}
		room -= n
	}
	l.bound.Store(bound)
	l.began = now
	l.until.Store(now + int64(time.Second))
}

// boundIn is the bound of a part of the numbers with this many bits.
func boundIn(size int, part float64) uint64 {
	if size == 0 {
		return 0
	}
	low := uint64(1) << (size - 1)
	return low + uint64(part*float64(low))
}
