package histogram

import (
	"sync"
	"sync/atomic"
	"time"
)

// Bounds are the upper bounds of the buckets that Prometheus gets; one more bucket has
// what took longer.
var Bounds = [...]time.Duration{
	time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond,
	10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
}

// An Exemplar is one duration that was recorded, and the trace of the request.
type Exemplar struct {
	Trace    [16]byte
	Took, At time.Duration // At: when, as it was recorded
}

// exemplarEvery is how often a bucket takes another exemplar, at most.
const exemplarEvery = time.Second

// exemplars are the last exemplar of each bucket that Prometheus gets. One for each has
// the slow ones stay, which are the ones that somebody looks for.
type exemplars struct {
	next [len(Bounds) + 1]atomic.Int64 // when the bucket takes another one
	mu   sync.Mutex
	last [len(Bounds) + 1]Exemplar // At 0: none
}

// WantsExemplar reports whether [Histogram.Exemplify] would keep such an exemplar.
func (h *Histogram) WantsExemplar(at, took time.Duration) bool {
	e := h.exemplars.Load()
	return e == nil || int64(at) >= e.next[boundOf(took)].Load()
}

// Exemplify keeps an exemplar of what was recorded, at most one a second for each of the
// buckets that Prometheus gets.
func (h *Histogram) Exemplify(one Exemplar) {
	e := h.exemplars.Load()
	if e == nil {
		h.exemplars.CompareAndSwap(nil, new(exemplars))
		e = h.exemplars.Load()
	}
	i := boundOf(one.Took)
	next := e.next[i].Load()
	if int64(one.At) < next || !e.next[i].CompareAndSwap(next, int64(one.At+exemplarEvery)) {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last[i] = one
}

// read returns the exemplars, from the shortest to the longest.
func (e *exemplars) read() (all []Exemplar) {
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, one := range e.last {
		if one != (Exemplar{}) {
			all = append(all, one)
		}
	}
	return all
}

func boundOf(took time.Duration) int {
	for i, bound := range Bounds {
		if took <= bound {
			return i
		}
	}
	return len(Bounds)
}

// latest returns the exemplars of two histograms, of each bucket the later one.
func latest(a, b []Exemplar) []Exemplar {
	if len(a) == 0 || len(b) == 0 {
		return append(a[:len(a):len(a)], b...)
	}
	var last [len(Bounds) + 1]Exemplar
	for _, from := range [][]Exemplar{a, b} {
		for _, one := range from {
			if i := boundOf(one.Took); last[i] == (Exemplar{}) || one.At > last[i].At {
				last[i] = one
			}
		}
	}
	all := make([]Exemplar, 0, len(last))
	for _, one := range last {
		if one != (Exemplar{}) {
			all = append(all, one)
		}
	}
	return all
}
