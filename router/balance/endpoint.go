package balance

import (
	"net/http"
	"sync/atomic"

	"github.com/meshhop/meshhop/resolve"
)

// An Endpoint is one replica that requests can be sent to: an address, the
// client that reaches it, and the load it carries now. Endpoints keep their
// identity while the replica set around them changes.
type Endpoint struct {
	address   resolve.Address
	transport http.RoundTripper
	pending   atomic.Int64
	retired   atomic.Bool
}

// NewEndpoint returns an endpoint at address, reached through transport.
func NewEndpoint(address resolve.Address, transport http.RoundTripper) *Endpoint {
	return &Endpoint{address: address, transport: transport}
}

// Address is where the endpoint is.
func (e *Endpoint) Address() resolve.Address { return e.address }

// Transport sends requests to the endpoint, whatever host their URL names.
func (e *Endpoint) Transport() http.RoundTripper { return e.transport }

// Begin counts one more request in flight. Each Begin is followed by one End.
func (e *Endpoint) Begin() { e.pending.Add(1) }

// End counts one request less. It is called once the request's connection is
// given back.
func (e *Endpoint) End() {
	e.pending.Add(-1)
	if e.retired.Load() {
		e.closeIdle()
	}
}

// Pending is the number of requests in flight.
func (e *Endpoint) Pending() int64 { return e.pending.Load() }

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
