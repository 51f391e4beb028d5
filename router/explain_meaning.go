package router

import (
	"context"

	"github.com/meshhop/meshhop/resolve"
)

// meant is what the name means to requests: what the router has in its cache,
// else what it would find.
func (r *Router) meant(ctx context.Context, d dst, bound *resolve.Activity[resolve.NameTree[*resolve.Bound]]) (tree resolve.NameTree[destination], cached bool, err error) {
	if b, ok := r.bindings.peek(d); ok {
		defer b.done()
		m, err := b.now(ctx)
		switch {
		case err != nil:
			return tree, true, err
		case m.err != nil:
			return tree, true, &Error{Kind: BindingFailed, Dst: d.path, Err: m.err}
		}
		return m.route.tree(), true, nil
	}
	_, _ = bound.Wait(ctx) // the state has the error
	switch s := bound.Sample(); s.Status {
	case resolve.OK:
		return resolve.MapTree(s.Value, r.destination), false, nil
	case resolve.Failed:
		return tree, false, &Error{Kind: BindingFailed, Dst: d.path, Err: s.Err}
	}
	return tree, false, resolvingTimeout(d.path, r.config.BindingTimeout)
}

// now is sample for who has no request: ctx alone bounds the wait.
func (b *binding) now(ctx context.Context) (*meaning, error) {
	select {
	case <-b.known:
		return b.meaning.Load(), nil
	case <-ctx.Done():
		return nil, resolvingTimeout(b.dst.path, b.router.config.BindingTimeout)
	}
}

// tree is the route as the tree that it was made of.
func (t *route) tree() resolve.NameTree[destination] {
	switch {
	case t == nil:
		return resolve.NameTree[destination]{}
	case t.client != nil:
		return resolve.LeafOf(destination{place: place{t.client.id, t.residual}, client: t.client})
	}
	union := resolve.NameTree[destination]{Op: resolve.Union}
	before := 0.0
	for _, b := range t.branches {
		sub := b.route.tree()
		sub.Weight = b.upTo - before
		before = b.upTo
		union.Sub = append(union.Sub, sub)
	}
	return union
}

// place tells destinations apart. The zero value is nowhere.
type place struct{ id, residual resolve.Path }

// destination is a leaf of what a name means. A client that the cache drops
// meanwhile can still be read.
type destination struct {
	place
	client *client                             // nil if the router has none
	addr   *resolve.Activity[resolve.Replicas] // where it has none
}

func (r *Router) destination(b *resolve.Bound) destination {
	d := destination{place: place{b.ID, b.Residual}, addr: b.Addr}
	if c, ok := r.clients.peek(b.ID); ok {
		d.client = c
		c.done()
	}
	return d
}

// begin has the replicas looked up, until stop.
func (d destination) begin() (stop func()) {
	if d.client != nil || d.addr == nil {
		return func() {}
	}
	return d.addr.Observe(func(resolve.State[resolve.Replicas]) {})
}

// replicas are those that requests choose among, once they are known.
func (d destination) replicas(ctx context.Context) (s resolve.State[resolve.Replicas]) {
	switch {
	case d.client == nil && d.addr == nil:
		return s
	case d.client == nil:
		_, _ = d.addr.Wait(ctx) // the state has the error
		return d.addr.Sample()
	}
	select {
	case <-d.client.known:
	case <-ctx.Done():
	}
	switch set := d.client.replicas.Load(); {
	case set == nil:
	case set.err != nil:
		s.Status, s.Err = resolve.Failed, set.err
	default:
		s.Status, s.Value.Addresses = resolve.OK, set.addresses
	}
	return s
}
