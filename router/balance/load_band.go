package balance

import (
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// loadBand keeps the size of an aperture such that the load of each endpoint in it
// stays between two bounds (LoadBand.scala). It is the load metric of the endpoints of
// one picker.
//
// Finagle samples the number of requests in flight at each change of it, under a lock.
// Here the number is sampled from time to time, at the first change after a moment that
// does not depend on the load; what was in flight before that change was in flight at
// that moment.
type loadBand struct {
	config    ApertureConfig
	endpoints []*Endpoint
	born      time.Time

	size atomic.Int32 // endpoints in the aperture
	next atomic.Int64 // the time since born at which the next sample is due

	mu      sync.Mutex // requests only ever try to lock it
	average float64    // requests in flight
	sampled int64      // the time since born of the last sample
}

// samplesPerWindow is how many samples are taken in one SmoothWindow.
const samplesPerWindow = 128

// newLoadBand returns a band that continues from the one that the endpoints had before,
// if they had one.
func newLoadBand(config ApertureConfig, endpoints []*Endpoint) *loadBand {
	b := &loadBand{config: config, endpoints: endpoints, born: time.Now()}
	var size int32
	for _, e := range endpoints {
		if m := e.metric.Load(); m != nil {
			if before, ok := (*m).(*loadBand); ok {
				size = before.size.Load()
				before.mu.Lock()
				b.average = before.average
				before.mu.Unlock()
				break
			}
		}
	}
	b.size.Store(min(max(size, int32(config.MinAperture)), int32(len(endpoints))))
	m := loadMetric(b)
	for _, e := range endpoints {
		e.metric.Store(&m)
	}
	return b
}

func (b *loadBand) requestStarted() time.Duration { return b.observe(1) }
func (b *loadBand) requestDone(time.Duration)     { b.observe(-1) }

// observe takes a sample if one is due. The number of requests in flight has just
// changed by change.
func (b *loadBand) observe(change int64) time.Duration {
	now := time.Since(b.born)
	if age := int64(now); age >= b.next.Load() && b.mu.TryLock() {
		b.sample(age, change)
		b.mu.Unlock()
	}
	return now
}

func (b *loadBand) sample(age, change int64) {
	window := float64(b.config.SmoothWindow)
	step := window / samplesPerWindow * (0.5 + rand.Float64()) // random, so as not to beat with periodic requests
	b.next.Store(age + max(int64(step), 1))
	inFlight := -change
	for _, e := range b.endpoints {
		inFlight += e.Pending()
	}
	weight := math.Exp(-float64(max(age-b.sampled, 0)) / window)
	b.average = b.average*weight + float64(max(inFlight, 0))*(1-weight)
	b.sampled = age
	b.adjust()
}

// adjust changes the size until the load of an endpoint is between the bounds, as far
// as the number of endpoints and MinAperture allow.
func (b *loadBand) adjust() {
	size := b.size.Load()
	for float64(size)*b.config.HighLoad <= b.average && int(size) < len(b.endpoints) {
		size++
	}
	for float64(size)*b.config.LowLoad >= b.average && int(size) > min(b.config.MinAperture, len(b.endpoints)) {
		size--
	}
	b.size.Store(size)
}
