// Package endpoint is how one endpoint of package router/balance is, as pages show it.
package endpoint

import (
	"time"

	"github.com/meshhop/meshhop/resolve"
)

// Stats is the state of an endpoint, and what it has counted since it was made.
type Stats struct {
	Address  resolve.Address
	Pending  int64  // requests in flight
	Requests uint64 // begun
	Failures uint64 // of them, reported as a failure

	// State is "alive", "dead", "due" (dead, and the next request is a probe) or
	// "probing" (a probe is in flight).
	State string
	// Left is how long a dead endpoint stays so until it is due. Negative: for good,
	// because its address has left the set.
	Left time.Duration
	// Deaths is how many times in a row it was marked dead.
	Deaths int

	// Latency is what a balancer of balance.NewEWMA expects of the next request; 0 without
	// such a balancer, and without an observation.
	Latency time.Duration
}
