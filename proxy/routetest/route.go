package routetest

import (
	"cmp"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/meshhop/meshhop/internal/hostaddr"
	"github.com/meshhop/meshhop/resolve"
)

// A Route is where a request goes.
type Route struct {
	// Name is the request's name, such as /svc/world.
	Name resolve.Path
	// Dtab is what it was looked up in: the interpreter's entries, if it has
	// its own, the router's and the request's.
	Dtab resolve.Dtab
	// Bound is what the name is bound to. Its leaves are replica sets.
	Bound resolve.NameTree[*resolve.Bound]
	// Endpoints have the shares of those who get such requests, the greatest
	// first.
	Endpoints []Endpoint
	// Err says why there is no route: the request was refused, or its name
	// could not be bound. Then Bound and Endpoints are empty.
	Err error

	delegation string
}

// Endpoint is who gets a share of requests.
type Endpoint struct {
	// Addr is "host:port", as the replica was named, or "status 404" for one
	// that is a status; "nobody" stands for requests that must fail.
	Addr string
	// Share is from 0 to 1.
	Share float64
}

// nobody is the address of requests that must fail: their name is Neg, Empty
// or Fail, or their replica set has no addresses.
const nobody = "nobody"

// shares works Endpoints out.
func (r *Route) shares() {
	byAddr := map[string]float64{}
	spread(r.Bound, 1, byAddr)
	for addr, share := range byAddr {
		r.Endpoints = append(r.Endpoints, Endpoint{addr, share})
	}
	slices.SortFunc(r.Endpoints, byShare)
}

// byShare does not tell shares apart that print alike.
func byShare(a, b Endpoint) int {
	return cmp.Or(cmp.Compare(percent(b.Share), percent(a.Share)), strings.Compare(a.Addr, b.Addr))
}

// spread gives each endpoint its part of share, as the router does: a branch
// of a union by its weight, whoever is there; an address by its own.
func spread(t resolve.NameTree[*resolve.Bound], share float64, to map[string]float64) {
	switch t.Op {
	case resolve.Leaf:
		replicas(t.Leaf, share, to)
		return
	case resolve.Union:
		total := 0.0
		for _, sub := range t.Sub {
			total += max(sub.Weight, 0)
		}
		for _, sub := range t.Sub {
			if sub.Weight > 0 {
				spread(sub, share*sub.Weight/total, to)
			}
		}
		if total > 0 {
			return
		}
	}
	to[nobody] += share
}

func replicas(b *resolve.Bound, share float64, to map[string]float64) {
	defer b.Addr.Observe(func(resolve.State[resolve.Replicas]) {})()
	addresses := b.Addr.Sample().Value.Addresses
	weight := func(a resolve.Address) float64 { return max(a.Weight, 0) }
	total := 0.0
	for _, a := range addresses {
		total += weight(a)
	}
	if total == 0 { // no weights at all are equal ones
		weight = func(resolve.Address) float64 { return 1 }
		total = float64(len(addresses))
	}
	if len(addresses) == 0 {
		to[nobody] += share
	}
	for _, a := range addresses {
		if w := weight(a); w > 0 {
			to[nameOf(a)] += share * w / total
		}
	}
}

// nameOf is an address as a test names it.
func nameOf(a resolve.Address) string {
	if _, isIP := hostaddr.ParseIP(a.Host); a.Host == "" || isIP {
		return a.String()
	}
	return net.JoinHostPort(a.Host, strconv.Itoa(int(a.AddrPort.Port())))
}

// boundText is what the name is bound to, with the ids of replica sets.
func (r *Route) boundText() string {
	return resolve.ShowTree(resolve.MapTree(r.Bound, func(b *resolve.Bound) resolve.Path { return b.ID }))
}

// percent is a share as it is printed and compared.
func percent(share float64) float64 { return math.Round(share*10_000) / 100 }
