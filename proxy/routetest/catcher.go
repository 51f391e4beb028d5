package routetest

import (
	"context"
	"io"
	"net/netip"

	"github.com/meshhop/meshhop/resolve"
)

// catcher learns what a request asks the interpreter for. It stands before the
// interpreter and binds every name to a replica of its own, so that the request
// comes to its end whatever the name means.
type catcher struct {
	caught bool
	dtab   resolve.Dtab
	name   resolve.Path
	inner  resolve.Interpreter // that was asked

	base      resolve.Dtab       // dtab without the request's own
	overrides *resolve.Overrides // the request's own; nil: it has none
}

// bind asks the inner interpreter the same.
func (c *catcher) bind() *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
	if in, ok := c.inner.(resolve.Overrider); ok && c.overrides != nil {
		tree := func(o resolve.Overridden) resolve.NameTree[*resolve.Bound] { return o.Tree }
		return resolve.MapActivity(in.BindOverrides(c.base, *c.overrides, c.name), tree)
	}
	return c.inner.Bind(c.dtab, c.name)
}

// delegate has it explain the same; nil if it cannot.
func (c *catcher) delegate(ctx context.Context) *resolve.Delegation {
	var explained *resolve.Delegation // what is known, whatever the error
	if in, ok := c.inner.(resolve.Overrider); ok && c.overrides != nil {
		explained, _ = in.DelegateOverrides(ctx, c.base, *c.overrides, c.name)
	} else if in, ok := c.inner.(resolve.Delegator); ok {
		explained, _ = in.Delegate(ctx, c.dtab, c.name)
	}
	return explained
}

// before is an interpreter that tells the catcher.
func (c *catcher) before(inner resolve.Interpreter) resolve.Interpreter {
	return catching{c, inner}
}

type catching struct {
	*catcher
	inner resolve.Interpreter
}

// Close closes the interpreter, if that can be closed.
func (c catching) Close() error {
	if closer, ok := c.inner.(io.Closer); ok {
		return closer.Close()
	}
	return nil
}

func (c catching) Bind(d resolve.Dtab, p resolve.Path) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
	c.caught, c.dtab, c.name, c.catcher.inner, c.overrides = true, d, p, c.inner, nil
	somebody := resolve.Replicas{Addresses: []resolve.Address{{AddrPort: netip.MustParseAddrPort("192.0.2.1:80"), Weight: 1}}}
	return resolve.Const(resolve.LeafOf(&resolve.Bound{ID: p, Addr: resolve.Const(somebody)}))
}

// BindOverrides is Bind for a request with a dtab of its own, and with what the
// server lets that do.
func (c catching) BindOverrides(d resolve.Dtab, o resolve.Overrides, p resolve.Path) *resolve.Activity[resolve.Overridden] {
	bound := c.Bind(d.Append(o.Dtab...), p)
	c.base, c.overrides = d, &o
	return resolve.MapActivity(bound, func(t resolve.NameTree[*resolve.Bound]) resolve.Overridden { return resolve.Overridden{Tree: t} })
}

// DelegateOverrides has nothing to explain: every name is bound.
func (c catching) DelegateOverrides(context.Context, resolve.Dtab, resolve.Overrides, resolve.Path) (*resolve.Delegation, error) {
	return nil, nil
}
