package balance

import "net/http"

// A Balancer is a balancing policy.
type Balancer interface {
	// Picker returns a picker over the endpoints. The slice is not empty and
	// never changes afterwards.
	Picker(endpoints []*Endpoint) Picker
}

// A Picker chooses an endpoint for a request.
type Picker interface {
	// Pick never blocks and never returns nil. Many goroutines call it at
	// once.
	Pick(r *http.Request) *Endpoint
}
