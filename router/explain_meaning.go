package router

import (
	"context"

	"github.com/meshhop/meshhop/internal/routerview"
	"github.com/meshhop/meshhop/resolve"
)

// destination is a leaf of what a name means. The zero value is nowhere.
type destination struct {
	id, residual resolve.Path
	override     *resolve.Dentry // see resolve.Bound
	replicas     resolve.State[resolve.Replicas]
}

// meant is what a name means to requests: what the router has in its cache,
// else what the delegation comes to.
func (r *Router) meant(ctx context.Context, d dst, e *routerview.Explanation) (tree resolve.NameTree[destination], cached bool, err error) {
	cached = r.bindings.look(d, func(b *binding) {
		m, unknown := b.now(ctx)
		switch {
		case unknown != nil:
			err = unknown
		case m.err != nil:
			err = bindingFailed(d.path, resolve.Path{}, m.err)
		default:
			tree = r.tree(ctx, m.route)
		}
	})
	if cached {
		return tree, true, err
	}
	s := r.found(ctx, e)
	switch s.Status {
	case resolve.Failed:
		err = bindingFailed(d.path, resolve.Path{}, s.Err)
	case resolve.Pending:
		err = resolvingTimeout(d.path, r.config.BindingTimeout, s.Err)
	}
	return s.Value, false, err
}

// found is what a request would find that is the first to ask.
func (r *Router) found(ctx context.Context, e *routerview.Explanation) (s resolve.State[resolve.NameTree[destination]]) {
	var result resolve.State[resolve.NameTree[*resolve.Bound]]
	if e.Delegation != nil {
		result = e.Delegation.Result
	} else {
		bound := r.config.Interpreter.Bind(e.Dtab, e.Dst)
		defer bound.Observe(func(resolve.State[resolve.NameTree[*resolve.Bound]]) {})()
		_, _ = bound.Wait(ctx) // the state has the error
		result = bound.Sample()
	}
	s.Status, s.Err = result.Status, result.Err
	s.Value = resolve.MapTree(result.Value, func(b *resolve.Bound) destination { return r.destination(ctx, b) })
	return s
}

// destination is a replica set as the router's client for it sees it, if there is
// a client that follows it, and otherwise as the namer reports it. For a client
// that rests it is what the client last knew if the namer does not respond.
func (r *Router) destination(ctx context.Context, b *resolve.Bound) destination {
	d := destination{id: b.ID, residual: b.Residual, override: b.Override}
	var follows bool
	r.clients.look(b.ID, func(c *client) { d.replicas, follows = c.now(ctx) })
	if follows {
		return d
	}
	_, _ = b.Addr.Wait(ctx) // the state has the error
	if now := b.Addr.Sample(); now.Status == resolve.OK || len(d.replicas.Value.Addresses) == 0 {
		d.replicas = now
	}
	return d
}

// now is sample without a request: ctx alone bounds the wait.
func (b *binding) now(ctx context.Context) (*meaning, error) {
	select {
	case <-b.known:
	case <-ctx.Done():
	}
	if m := b.meaning.Load(); m != nil {
		return m, nil
	}
	return nil, resolvingTimeout(b.dst.path, b.router.config.BindingTimeout, b.trouble())
}

// now is the client's replica set, as requests choose from it, and whether the
// client follows it. One that rests is not woken.
func (c *client) now(ctx context.Context) (s resolve.State[resolve.Replicas], follows bool) {
	set := c.replicas.Load()
	if follows = c.follows(); follows && set.stale != nil {
		select {
		case <-set.stale.over:
		case <-ctx.Done():
		}
		set = c.replicas.Load()
	}
	switch {
	case set.err != nil:
		s.Status, s.Err = resolve.Failed, set.err
	case set.stale == nil || set.picker != nil:
		s.Status, s.Value.Addresses, s.Value.Unresolved = resolve.OK, set.addresses, set.unresolved
	}
	return s, follows
}

// tree is a route as the tree that it was made of.
func (r *Router) tree(ctx context.Context, t *route) resolve.NameTree[destination] {
	switch {
	case t == nil:
		return resolve.NameTree[destination]{}
	case t.set != nil:
		return resolve.LeafOf(r.destination(ctx, t.set))
	}
	union := resolve.NameTree[destination]{Op: resolve.Union}
	before := 0.0
	for _, b := range t.branches {
		sub := r.tree(ctx, b.route)
		sub.Weight = b.upTo - before
		before = b.upTo
		union.Sub = append(union.Sub, sub)
	}
	return union
}
