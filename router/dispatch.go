package router

import (
	"context"
	"errors"
	"net"
	"net/http"

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
	a := &attempt{
		Context: ctx, router: r, client: c, endpoint: endpoint, local: local,
		span: span, recording: span.IsRecording(),
	}
	a.header.writeContext(ctx, r.config.Hop, name.String(), local, leaf)
	authority := endpoint.Address().Authority
	a.begin()
	resp, err := endpoint.Transport().RoundTrip(a.request(out, authority))
	if err != nil {
		a.failed(err)
		return nil, sendError(ctx, name, c, set, endpoint, err)
	}
	a.answered(resp)
	restoreHost(resp.Header, authority, out.Host)
	return resp, nil
}

// request is what the transport gets. Ours writes the header as it differs from
// the request's, any other gets a map and a URL that it may change.
func (a *attempt) request(out *http.Request, authority string) *http.Request {
	_, a.direct = a.endpoint.Transport().(*h1.Transport)
	a.direct = a.direct && a.header.traced
	sent := out.WithContext(a)
	if authority != "" {
		sent.Host = authority
	}
	if !a.direct {
		sent.Header = a.header.header(a.Context, a.router.config.Hop, out.Header)
		u := *out.URL
		sent.URL = &u
	}
	return sent
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
