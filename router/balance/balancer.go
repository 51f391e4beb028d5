package balance

import "net/http"

// A Balancer is a policy for picking endpoints. It makes a picker for each change of the
// endpoints.
type Balancer interface {
	// Picker returns a picker over the endpoints. The slice is not empty. Nobody may
	// modify it afterwards.
	Picker(endpoints []*Endpoint) Picker
}

// A Picker picks an endpoint for a request. It should pick one that is open, see
// [Endpoint.Open], if there is one.
type Picker interface {
	// Pick never blocks, does not allocate and never returns nil. Many goroutines
	// call it at once.
	Pick(r *http.Request) *Endpoint
}
