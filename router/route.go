package router

import (
	"math/rand/v2"

	"github.com/meshhop/meshhop/resolve"
)

// route is a bound name tree whose leaves are clients. It is immutable; it
// holds a user's share of each of its clients until release.
type route struct {
	client   *client      // at a leaf
	bound    string       // at a leaf: the client's id
	residual resolve.Path // at a leaf: what the namer left of the name
	branches []branch     // at a union
	total    float64      // at a union: the sum of the weights
}

// branch is one share of a union; upTo is its upper bound on the scale from
// zero to the total.
type branch struct {
	upTo  float64
	route *route
}

// newRoute makes a route of a bound tree; it is nil where the tree leads
// nowhere (Neg, Fail and Empty end alike, NameTreeFactory.scala).
func (r *Router) newRoute(tree resolve.NameTree[*resolve.Bound]) *route {
	switch tree.Op {
	case resolve.Leaf:
		c, ok := r.clientFor(tree.Leaf)
		if !ok {
			return nil
		}
		return &route{client: c, bound: tree.Leaf.ID.String(), residual: tree.Leaf.Residual}
	case resolve.Union:
		union := &route{}
		for _, sub := range tree.Sub {
			if sub.Weight <= 0 {
				continue // a branch of no weight is never picked
			}
			union.total += sub.Weight
			union.branches = append(union.branches, branch{union.total, r.newRoute(sub)})
		}
		return union
	case resolve.Alt:
		for _, sub := range tree.Sub {
			if sub.Op != resolve.Neg {
				return r.newRoute(sub)
			}
		}
	}
	return nil
}

// pick chooses a leaf by weight, whatever state the leaves are in. It is nil
// where the route leads nowhere.
func (t *route) pick() *route {
	for t != nil && t.client == nil {
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

// release gives back the clients of the route.
func (t *route) release() {
	if t == nil {
		return
	}
	if t.client != nil {
		t.client.done()
	}
	for _, b := range t.branches {
		b.route.release()
	}
}
