package balance

import (
	"math/bits"
	"math/rand/v2"
	"net/http"
)

// Heap picks the open endpoint with the fewest requests in flight of all, at random
// among equals. If none is open it picks the least loaded one. In a Linkerd
// configuration this is heap (HeapLeastLoaded.scala).
//
// A pick looks at every endpoint: beyond some thousand endpoints another balancer is
// the better choice.
type Heap struct{}

// Picker implements [Balancer].
func (Heap) Picker(endpoints []*Endpoint) Picker { return heapPicker(endpoints) }

// heapPicker scans. Finagle keeps a heap under a lock, which was slower at any number
// of endpoints that was measured (DESIGN.md).
type heapPicker []*Endpoint

func (p heapPicker) Pick(*http.Request) *Endpoint {
	best := p[0]
	open, least := best.Open(), best.Pending()
	equals := uint64(1)
	random := rand.Uint64()
	for _, e := range p[1:] {
		eOpen, load := e.Open(), e.Pending()
		switch {
		case open && !eOpen, open == eOpen && load > least:
			continue
		case open == eOpen && load == least:
			// The nth of equals replaces the one picked so far with probability 1/n.
			equals++
			random = random*6364136223846793005 + 1442695040888963407
			if n, _ := bits.Mul64(random, equals); n > 0 {
				continue
			}
		default:
			equals = 1
		}
		best, open, least = e, eOpen, load
	}
	if !open {
		best.health.counters.exhausted.Add(1)
	}
	return best
}
