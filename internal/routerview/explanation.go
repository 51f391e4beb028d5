package routerview

import (
	"net/http"

	"github.com/meshhop/meshhop/resolve"
)

// An Explanation says what a router would do with a request, and why. It is
// how things were at one moment, in which nothing was sent and nothing counted.
type Explanation struct {
	// Identified is what the identifiers said that were asked, in order.
	Identified []Identification
	// Target is the request's target as a replica would get it, an identifier
	// may consume part of it. Empty where only a name was explained.
	Target string

	// Dst is the name; empty before there is one.
	Dst resolve.Path
	// Dtab is what the name is looked up in: Base entries of the router's own
	// dtab, and after them the request's.
	Dtab resolve.Dtab
	Base int
	// Places is where each entry of the router's own dtab was written; short
	// or empty where nobody knows.
	Places []string

	// Delegation is how the name is looked up. Nil before it has one, and
	// where the router's interpreter is no [resolve.Delegator].
	Delegation *resolve.Delegation
	// Incomplete is why Delegation does not tell everything: not all namers
	// answered in time.
	Incomplete error

	// Cached says that the router keeps the name bound for requests. Targets
	// is then what requests get, and can be older than what Delegation says:
	// a name that once meant something keeps that meaning while it cannot be
	// looked up.
	Cached bool
	// Targets are where requests go; their shares add up to 1. None before it
	// is known what the name means.
	Targets []Target

	// Err is why no request would be sent, a *router.Error. Nil if a target takes
	// any.
	Err error
}

// Identification is what an identifier made of a request.
type Identification struct {
	// Identifier is what it calls itself (its String method), else its type.
	Identifier string
	// Name is without the router's prefix. Empty if Err is set.
	Name resolve.Path
	// Err is a *router.UnidentifiedError where it declined.
	Err error
}

// A Target is where a share of the requests goes.
type Target struct {
	// Share is how much of the requests it is, from 0 to 1.
	Share float64
	// Bound is the replica set. Empty: this share leads nowhere.
	Bound    resolve.Path
	Residual resolve.Path
	// Replicas are those that requests choose among: where the router has a
	// client for the set, the client's, which keeps the last good ones.
	Replicas resolve.State[resolve.Replicas]
	// Client is what the router has counted for the set; nil if it has no
	// client for it, so that the first request would have to connect.
	Client *Counts
	// Err is why requests that come here are not sent, a *router.Error. Nil: they
	// are.
	Err error

	// Override is the entry of the request's own dtab that led here; nil: none did.
	Override *resolve.Dentry
}

// Counts are attempts at a replica set, since it was last taken into the cache.
type Counts struct {
	Requests, Success, Failures uint64 // begun, and what they ended as
	Pending                     int64  // in flight now
}

// A Choice is where one request would be sent, among the targets of an [Explanation].
type Choice struct {
	Target  *Target
	Address resolve.Address
	// Connected says that the balancer of the replica set chose the address. Else the
	// router has no client for the set, and it was chosen by weight, as a first guess.
	Connected bool
	// Transport sends a request to the address, past all stages, on a connection of its
	// own. It is for questions to the hop that listens there.
	Transport http.RoundTripper
}

// SentDtab is what the request's dtab is for the next hop: without what was left out.
func (e *Explanation) SentDtab() (dtab resolve.Dtab) {
	local := e.Dtab[min(e.Base, len(e.Dtab)):]
	if e.Delegation == nil || len(e.Delegation.LeftOut) == 0 {
		return local
	}
	for i := range local {
		out := false
		for _, left := range e.Delegation.LeftOut {
			out = out || left.Entry.String() == local[i].String()
		}
		if !out {
			dtab = append(dtab, local[i])
		}
	}
	return dtab
}
