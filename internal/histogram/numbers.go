package histogram

import (
	"math"
	"sync/atomic"
	"time"
)

// Numbers counts numbers, each as so many times [Once]: those below 64 are exact. Who
// records no zeros pays nothing for them, and adds them when they read; see
// [Counts.WithZeros]. The zero value is ready for use, and safe for concurrent use; it has a
// histogram from the first number on.
type Numbers struct{ made atomic.Pointer[Histogram] }

// Record counts a number, at a time as Histogram has them.
func (n *Numbers) Record(at time.Duration, number int64) {
	h := n.made.Load()
	if h == nil {
		n.made.CompareAndSwap(nil, new(Histogram))
		h = n.made.Load()
	}
	h.Record(at, time.Duration(min(number, math.MaxInt64/int64(Once)))*Once)
}

// Read returns what was counted until now.
func (n *Numbers) Read(at time.Duration) (s Snapshot) {
	if h := n.made.Load(); h != nil {
		s = h.Read(at)
	}
	return s
}

// Payload is how many bytes bodies had, those without any left out.
type Payload struct{ Requests, Responses Numbers }

// Record counts the bodies of a request and its response, at a time as Histogram has them.
func (p *Payload) Record(at time.Duration, request, response int64) {
	if request > 0 {
		p.Requests.Record(at, request)
	}
	if response > 0 {
		p.Responses.Record(at, response)
	}
}

// Read returns what was counted until now.
func (p *Payload) Read(at time.Duration) Payloads {
	return Payloads{p.Requests.Read(at), p.Responses.Read(at)}
}

// Payloads are what a [Payload] had at one moment.
type Payloads struct{ Requests, Responses Snapshot }

// Plus returns the sum of two. It changes neither.
func (p Payloads) Plus(more Payloads) Payloads {
	return Payloads{p.Requests.Plus(more.Requests), p.Responses.Plus(more.Responses)}
}
