package router

import (
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
)

// repeats is how often requests were sent again, of those that were: the others are not
// counted here, and so pay nothing for it.
type repeats struct {
	atomic.Pointer[histogram.Histogram]
}

// record records a request that was sent again n times, at a time by Router.now. A
// histogram tells apart what is a whole number of microseconds below 64 of them.
func (r *repeats) record(at time.Duration, n int32) {
	if r.Load() == nil {
		r.CompareAndSwap(nil, new(histogram.Histogram))
	}
	r.Load().Record(at, time.Duration(n)*histogram.Once)
}

func (r *repeats) read(at time.Duration) (s histogram.Snapshot) {
	if h := r.Load(); h != nil {
		s = h.Read(at)
	}
	return s
}
