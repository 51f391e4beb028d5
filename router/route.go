package router

import (
	"math/rand/v2"
	"sync/atomic"

	"github.com/meshhop/meshhop/resolve"
)

// route is a bound name tree. It is immutable, but that a leaf remembers how it
// came about, and the client which reached its replica set the last time. It does not keep the client
// from leaving the cache: see client.
type route struct {
	set      *resolve.Bound // at a leaf
	bound    string         // at a leaf: the set's id
	residual resolve.Path   // at a leaf: what the namer left of the name
	left     *leftOut       // at a leaf: what the request's dtab is without
	last     atomic.Pointer[client]
	decision atomic.Pointer[string] // at a leaf: see decided; nil: nobody has asked
	pair     atomic.Pointer[pair]   // at a leaf: of the name and the client that served it last
	branches []branch               // at a union
	total    float64                // at a union: the sum of the weights
}

// branch is one share of a union; upTo is its upper bound on the scale from
// zero to the total.
type branch struct {
	upTo  float64
	route *route
}

// newRoute makes a route of a bound tree. It is nil where the tree leads nowhere
// (Neg, Fail and Empty all end the same way, NameTreeFactory.scala). A client that
// already reaches one of the sets is given the activity that now has its addresses.
func (r *Router) newRoute(tree resolve.NameTree[*resolve.Bound], left *leftOut) *route {
	switch tree.Op {
	case resolve.Leaf:
		r.clients.look(tree.Leaf.ID, func(c *client) { c.follow(tree.Leaf.Addr) })
		return &route{set: tree.Leaf, bound: tree.Leaf.ID.String(), residual: tree.Leaf.Residual, left: left}
	case resolve.Union:
		union := &route{}
		for _, sub := range tree.Sub {
			if sub.Weight <= 0 {
				continue // a branch of no weight is never picked
			}
			union.total += sub.Weight
			union.branches = append(union.branches, branch{union.total, r.newRoute(sub, left)})
		}
		return union
	case resolve.Alt:
		for _, sub := range tree.Sub {
			if sub.Op != resolve.Neg {
				return r.newRoute(sub, left)
			}
		}
	}
	return nil
}

// pick chooses a leaf by weight, whatever state the leaves are in. It is nil
// where the route leads nowhere.
func (t *route) pick() *route {
	for t != nil && t.set == nil {
		if len(t.branches) == 0 {
			return nil
		}
		t = t.branch()
	}
	return t
}

func (t *route) branch() *route {
	at := rand.Float64() * t.total
	for _, b := range t.branches {
		if at < b.upTo {
			return b.route
		}
	}
	return t.branches[len(t.branches)-1].route
}

// client is the one client that reaches the leaf's replica set, acquired for the
// caller, who calls done. If the last one has left the cache meanwhile there may be
// a new one already, for another name. ok is false once the router is closed.
func (t *route) client(r *Router) (c *client, ok bool) {
	if c = t.last.Load(); c != nil && c.acquire() {
		c.touch()
		return c, true
	}
	if c, ok = r.clientFor(t.set); ok {
		t.last.Store(c)
	}
	return c, ok
}
