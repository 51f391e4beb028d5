package balance

import (
	"math"
	"math/rand/v2"
	"net/http"
	"sync/atomic"

	"github.com/meshhop/meshhop/resolve"
)

// An Endpoint is one replica that requests can be sent to: an address, the transport
// that reaches it, its load, and its health. A [Set] makes endpoints. An endpoint stays
// the same while the replica set around it changes.
type Endpoint struct {
	// Every pick reads these fields, which therefore share a cache line.
	taken  atomic.Uint64 // requests ever, shifted by pendingBits, and those in flight
	health health
	metric atomic.Pointer[loadMetric]

	weight    atomic.Uint64 // bits of a float64
	rank      uint64        // its place in the random order of an aperture
	address   resolve.Address
	transport http.RoundTripper
	retired   atomic.Bool
	failures  atomic.Uint64
}

// pendingBits is how many bits of Endpoint.taken count the requests in flight.
const pendingBits = 24

func newEndpoint(address resolve.Address, transport http.RoundTripper, policy Policy, backoff Backoff, counters *counters) *Endpoint {
	e := &Endpoint{address: address, transport: transport, rank: rand.Uint64()}
	e.health.init(policy, backoff, counters)
	e.setWeight(address.Weight)
	return e
}

// Address returns the address of the endpoint, with its current weight.
func (e *Endpoint) Address() resolve.Address {
	a := e.address
	a.Weight = e.currentWeight()
	return a
}

func (e *Endpoint) currentWeight() float64 { return math.Float64frombits(e.weight.Load()) }

func (e *Endpoint) setWeight(w float64) { e.weight.Store(math.Float64bits(w)) }

// Transport returns the transport that sends requests to the endpoint, whatever host
// their URLs name.
func (e *Endpoint) Transport() http.RoundTripper { return e.transport }

// Pending returns the number of requests in flight.
func (e *Endpoint) Pending() int64 { return int64(e.taken.Load() & (1<<pendingBits - 1)) }

// Open reports whether the endpoint wants requests: it is alive, or it is dead and due
// for a probe. It is not open while it is dead or its probe is in flight.
func (e *Endpoint) Open() bool { return e.health.open() }

// retire is called when the endpoint has left its set. It closes the idle connections
// of the transport, if the transport can do that, now and after each request that is
// or will be in flight.
func (e *Endpoint) retire() {
	e.retired.Store(true)
	e.closeIdleConnections()
}

func (e *Endpoint) closeIdleConnections() {
	if t, ok := e.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}
