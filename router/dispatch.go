package router

import (
	"context"
	"errors"
	"net"
	"net/http"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/h1"
	"github.com/meshhop/meshhop/trace"
)

// dispatch is step 7 of a request's journey: a replica is picked and the
// request is sent there, with context headers and a client span. On success
// the answer's body holds the leaf's client until it is closed.
func (r *Router) dispatch(ctx context.Context, out *http.Request, name resolve.Path, local *Local, leaf *route) (*http.Response, error) {
	c := leaf.client
	set, err := c.sample(ctx, dst{name, local.DtabText}, r.config.BindingTimeout)
	if err != nil {
		return nil, err
	}
	if set.picker == nil {
		if set.err != nil {
			return nil, &Error{Kind: BindingFailed, Dst: name, Bound: c.id, Err: set.err}
		}
		return nil, r.noReplicas(ctx, dst{name, local.DtabText}, local.Dtab, c.id)
	}
	endpoint := set.picker.Pick(out)

	ctx, span := r.config.Hop.StartClient(ctx, out, trace.ClientStart{Service: c.label, Peer: endpoint.Address().AddrPort})
	r.writeContext(ctx, out.Header, name, local, leaf)
	host, authority := out.Host, endpoint.Address().Authority
	if authority != "" {
		out.Host = authority
	}
	a := &attempt{
		Context: ctx, router: r, client: c, endpoint: endpoint, local: local,
		span: span, recording: span.IsRecording(),
	}
	a.begin()
	resp, err := endpoint.Transport().RoundTrip(out.WithContext(a))
	if err != nil {
		a.failed(err)
		return nil, sendError(ctx, name, c, set, endpoint, err)
	}
	a.answered(resp)
	restoreHost(resp.Header, authority, host)
	return resp, nil
}

// writeContext writes the context headers that the next hop reads.
func (r *Router) writeContext(ctx context.Context, h http.Header, name resolve.Path, local *Local, leaf *route) {
	ctxhdr.Del(h, ctxhdr.DstServiceName, ctxhdr.DstClientName, ctxhdr.DstResidualName) // ours or nobody's
	h[ctxhdr.DstServiceName] = []string{name.String()}
	h[ctxhdr.DstClientName] = []string{leaf.bound}
	if !leaf.residual.IsEmpty() {
		h[ctxhdr.DstResidualName] = []string{leaf.residual.String()}
	}
	r.config.Hop.Clear(h)
	r.config.Hop.Inject(ctx, h)
	ctxhdr.SetDtab(h, local.DtabText)
	if !local.Deadline.IsZero() {
		ctxhdr.SetDeadline(h, local.Deadline)
	}
}

// sendError says what became of a request whose transport failed.
func sendError(ctx context.Context, name resolve.Path, c *client, set *replicas, endpoint *balance.Endpoint, err error) error {
	e := &Error{Kind: RequestFailed, Dst: name, Bound: c.id, Addr: endpoint.Address().AddrPort.String(), Err: err}
	if ctx.Err() != nil {
		e.Kind, e.Err = Canceled, context.Cause(ctx)
		return e
	}
	if neverConnected(err) {
		e.Kind, e.Replicas = ConnectFailed, set.addresses
	}
	return e
}

func neverConnected(err error) bool {
	if failed := (*h1.Error)(nil); errors.As(err, &failed) {
		return failed.Op == h1.OpConnect
	}
	dial := (*net.OpError)(nil)
	return errors.As(err, &dial) && dial.Op == "dial"
}
