package histogram

import (
	"time"

	"github.com/meshhop/meshhop/resolve"
)

// Latencies are how long everything took that went through a router, since its name was
// last taken into the cache, until the head of the response or the error.
type Latencies struct {
	Born time.Time // when the router was made, from which times are counted
	// Services has requests, from their arrival on, by their names.
	Services map[resolve.Path]Latency
	// Clients has attempts, from the pick of an endpoint on, by the id of their replica
	// set.
	Clients map[resolve.Path]Latency
	// Retries and Requeues are how often requests were sent again, of those that were,
	// by the same names and ids, each time counted as [Once].
	Retries, Requeues map[resolve.Path]Snapshot
	// Payloads are the bytes of the bodies of attempts, by the id of their replica set.
	Payloads map[resolve.Path]Payloads
	// Pairs has attempts by both. A router tells a bounded number of pairs apart.
	Pairs []Pair
	// Folded is how many pairs there are besides; their attempts are in one pair without
	// a service for each client.
	Folded int
}

// Once is what counts as 1 in a histogram of small numbers, which it has exactly below 64.
const Once = time.Microsecond

// A Pair is what the requests by one name did at one replica set.
type Pair struct {
	Client, Service   resolve.Path
	Success, Failures uint64
	Pending           int64
	Latency           Latency
}

// Plus returns what two pairs did together, under the names of the first one.
func (p Pair) Plus(more Pair) Pair {
	p.Success += more.Success
	p.Failures += more.Failures
	p.Pending += more.Pending
	p.Latency = p.Latency.Plus(more.Latency)
	return p
}
