// Package routerview is what the hop's own packages see of a router.Router beyond what
// programs do: how its replica sets are now, what has changed since they looked last, and
// what it would do with a request.
//
//	view := router.View()
//	explanation := view.Explain(request)
//	state, known := view.ClientState(id)
//
// Package router makes a View; the interfaces below are its parts.
package routerview

import (
	"context"
	"net/http"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/internal/traffic/tally"
	"github.com/meshhop/meshhop/resolve"
)

// A View is all of it. It may be kept, and is safe for concurrent use.
type View interface {
	Counter
	Timer
	Reporter
	Explainer
	// Identify returns the name that the router gives to a request, and does nothing else
	// with it. It may change the URL of the request. The error is the identifier's: a
	// *router.UnidentifiedError says why it declined.
	Identify(in *http.Request) (resolve.Path, error)
}

// A Counter tells in short what was counted.
type Counter interface {
	// Watch returns a Watch that has seen nothing yet.
	Watch() Watch
	// Tallies calls services and clients with all that there are, in no order. They must
	// not call the router, and use the Tally only until they return.
	Tallies(services, clients func(Tally))
	// SetOf returns what is known of the addresses of a replica set; false if it is not in
	// the cache.
	SetOf(id resolve.Path) (s SetTally, ok bool)
}

// A Timer tells how long requests and attempts took.
type Timer interface {
	// Latencies returns those of all services, replica sets and pairs of them.
	Latencies() histogram.Latencies
	// LatenciesAt returns those of these services and of these clients, without the pairs.
	LatenciesAt(services, clients []resolve.Path) histogram.Latencies
	// Pairs returns what the requests by one service did at each client, as far as the
	// router tells them apart.
	Pairs(service resolve.Path) []histogram.Pair
}

// A Reporter tells how replica sets are reached.
type Reporter interface {
	// ClientState returns the state of a replica set; false if it is not in the cache.
	ClientState(id resolve.Path) (s ClientState, ok bool)
	// Traffic returns what went over the connections to each replica set in the cache, by
	// its id. Totals go on where endpoints leave a set. Of transports that do not count
	// connections, which those of router.HTTPTransport do not, all is zero.
	Traffic() map[resolve.Path]tally.ClientTotals
}

// An Explainer says what the router would do.
type Explainer interface {
	// Explain says what the router would do with a request that it gets. It waits, as long
	// as the request's context lasts, until everything is known that plays a part. The
	// request is not changed, its body not read; nothing is sent, counted or kept.
	Explain(in *http.Request) *Explanation
	// ExplainName is Explain for a request that has a name already and brings a dtab of its
	// own, which may be nil.
	ExplainName(ctx context.Context, name resolve.Path, dtab resolve.Dtab) *Explanation
	// Choose chooses a target and an address as the router would for a request: by share,
	// and by the set's balancer. Nothing is sent or counted, but that a balancer which goes
	// round goes on. Nil: no target takes requests.
	Choose(e *Explanation, in *http.Request) *Choice
}
