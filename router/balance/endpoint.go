package balance

import (
	"math"
	"math/rand/v2"
	"net/http"
	"sync/atomic"

	"github.com/meshhop/meshhop/resolve"
)

// An Endpoint is one replica that requests can be sent to: an address, the
// client that reaches it, the load it carries now and how it has fared.
// Endpoints keep their identity while the replica set around them changes.
type Endpoint struct {
	// What every pick reads comes first, to be on one line of the cache.
	pending atomic.Int64
	health  health
	meter   atomic.Pointer[meter]

	weight    atomic.Uint64 // bits of a float64
	token     uint64        // its place in an order at random
	address   resolve.Address
	transport http.RoundTripper
	retired   atomic.Bool
}

// NewEndpoint returns an endpoint at address, reached through transport, that
// is never marked dead. A [Set] makes endpoints with failure accrual.
func NewEndpoint(address resolve.Address, transport http.RoundTripper) *Endpoint {
	return newEndpoint(address, transport, nil, nil, new(counters))
}

// newEndpoint returns an endpoint with a policy, which may be nil.
func newEndpoint(address resolve.Address, transport http.RoundTripper, policy Policy, backoff Backoff, counters *counters) *Endpoint {
	e := &Endpoint{address: address, transport: transport, token: rand.Uint64()}
	e.health.init(policy, backoff, counters)
	e.setWeight(address.Weight)
	return e
}

// Address is where the endpoint is, with the weight that it has now.
func (e *Endpoint) Address() resolve.Address {
	a := e.address
	a.Weight = e.Weight()
	return a
}

// Weight is the endpoint's share of its set, which may change.
func (e *Endpoint) Weight() float64 { return math.Float64frombits(e.weight.Load()) }

func (e *Endpoint) setWeight(w float64) { e.weight.Store(math.Float64bits(w)) }

// Transport sends requests to the endpoint, whatever host their URL names.
func (e *Endpoint) Transport() http.RoundTripper { return e.transport }

// Pending is the number of requests in flight.
func (e *Endpoint) Pending() int64 { return e.pending.Load() }

// Open says whether the endpoint wants requests. One that is not is dead, or
// waits for what becomes of its probe.
func (e *Endpoint) Open() bool { return e.health.open() }

// Retire says that the endpoint left its set: its idle connections are closed,
// now and after each request that is or comes to be in flight. It calls the
// transport's CloseIdleConnections method, if it has one.
func (e *Endpoint) Retire() {
	e.retired.Store(true)
	e.closeIdle()
}

func (e *Endpoint) closeIdle() {
	if t, ok := e.transport.(interface{ CloseIdleConnections() }); ok {
		t.CloseIdleConnections()
	}
}
