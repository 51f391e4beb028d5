package routerview

import (
	"time"

	"github.com/meshhop/meshhop/internal/endpoint"
	"github.com/meshhop/meshhop/router/h1"
)

// ClientState is how a replica set is reached now, replica by replica.
type ClientState struct {
	Endpoints []EndpointState
	// Err is why there are none, and Unresolved of which hosts there are no addresses,
	// and why.
	Err        error
	Unresolved string
	Resting    bool // nobody has used it for a while: the addresses are not followed
	// Told is when the namer gave the addresses. LastErr is what it said when it failed
	// last, at Erred, also where addresses that were known stay in use.
	Told    time.Time
	LastErr error
	Erred   time.Time
	// Balancer, Accrual and Backoff are what they call themselves (their String methods),
	// else their types.
	Balancer, Accrual, Backoff string
}

// EndpointState is the state of one replica.
type EndpointState struct {
	endpoint.Stats
	Connections *h1.Stats // nil: its transport does not count any
	// LastFailure is why an attempt failed last, at Failed, or within a tenth of a second
	// after that; empty: none has. It is text that an endpoint may have written.
	LastFailure string
	Failed      time.Time
}
