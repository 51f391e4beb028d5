package balance

import (
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// band keeps an aperture so wide that the load of each endpoint in it stays
// between two bounds (LoadBand.scala). It measures the endpoints of one picker.
//
// Finagle takes the number of requests in flight at every change of it, under a
// lock. Here that is done now and then, with the change that comes first after a
// moment that does not depend on the load: what is in flight before that change
// was so at that moment.
type band struct {
	config    ApertureConfig
	endpoints []*Endpoint
	born      time.Time

	size atomic.Int32 // how many endpoints the aperture has
	next atomic.Int64 // the age at which the load is due to be measured

	mu       sync.Mutex // requests only ever try it
	average  float64    // requests in flight
	measured int64      // the age at which it was
}

// perWindow is how often the load is measured in a window.
const perWindow = 128

// newBand returns the band of endpoints that may have been in another one, which
// it goes on from.
func newBand(config ApertureConfig, endpoints []*Endpoint) *band {
	b := &band{config: config, endpoints: endpoints, born: time.Now()}
	size := int32(0)
	for _, e := range endpoints {
		if m := e.meter.Load(); m != nil {
			if before, ok := (*m).(*band); ok {
				size = before.size.Load()
				before.mu.Lock()
				b.average = before.average
				before.mu.Unlock()
				break
			}
		}
	}
	b.size.Store(min(max(size, int32(config.MinAperture)), int32(len(endpoints))))
	m := meter(b)
	for _, e := range endpoints {
		e.meter.Store(&m)
	}
	return b
}

func (b *band) begin() time.Duration { return b.observe(1) }
func (b *band) end(time.Duration)    { b.observe(-1) }

// observe measures the load if that is due. change is by how much it just
// changed.
func (b *band) observe(change int64) time.Duration {
	now := time.Since(b.born)
	if age := int64(now); age >= b.next.Load() && b.mu.TryLock() {
		b.measure(age, change)
		b.mu.Unlock()
	}
	return now
}

func (b *band) measure(age, change int64) {
	window := float64(b.config.SmoothWindow)
	step := window / perWindow * (0.5 + rand.Float64()) // not in step with the requests
	b.next.Store(age + max(int64(step), 1))
	inFlight := -change
	for _, e := range b.endpoints {
		inFlight += e.Pending()
	}
	weight := math.Exp(-float64(max(age-b.measured, 0)) / window)
	b.average = b.average*weight + float64(max(inFlight, 0))*(1-weight)
	b.measured = age
	b.adjust()
}

// adjust brings the load of an endpoint between the bounds, or as near as can
// be.
func (b *band) adjust() {
	size := b.size.Load()
	for float64(size)*b.config.HighLoad <= b.average && int(size) < len(b.endpoints) {
		size++
	}
	for float64(size)*b.config.LowLoad >= b.average && int(size) > min(b.config.MinAperture, len(b.endpoints)) {
		size--
	}
	b.size.Store(size)
}
