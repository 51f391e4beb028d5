package router

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
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
	out = out.WithContext(r.wireTrace(ctx, span, local))

	if c.stats.requests.Add(1) > 1 {
		c.touch() // a route leads here past the cache, which must not think it idle
	}
	c.stats.pending.Add(1)
	endpoint.Begin()
	resp, err := endpoint.Transport().RoundTrip(out)
	if err != nil {
		endpoint.End()
		c.stats.pending.Add(-1)
		c.stats.failures.Add(1)
		r.config.Hop.EndClient(span, err)
		return nil, sendError(ctx, name, c, set, endpoint, err)
	}
	r.answered(resp, c, endpoint, span)
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

// wireTrace watches for 1xx answers and, for a span that records, for the
// moments when the request has left and the answer begins.
func (r *Router) wireTrace(ctx context.Context, span oteltrace.Span, local *Local) context.Context {
	recording := span.IsRecording()
	if !recording && local.Informational == nil {
		return ctx
	}
	hooks := &httptrace.ClientTrace{Got1xxResponse: local.Informational}
	if recording {
		hop := r.config.Hop
		hooks.GotConn = func(info httptrace.GotConnInfo) {
			hop.Connected(span, addrPort(info.Conn.LocalAddr()), addrPort(info.Conn.RemoteAddr()))
		}
		hooks.WroteRequest = func(httptrace.WroteRequestInfo) { hop.WireSend(span) }
		hooks.GotFirstResponseByte = func() { hop.WireReceive(span) }
	}
	return httptrace.WithClientTrace(ctx, hooks)
}

// addrPort is a TCP address as a value; zero for another kind.
func addrPort(a net.Addr) netip.AddrPort {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// sendError says what became of a request whose transport failed.
func sendError(ctx context.Context, name resolve.Path, c *client, set *replicas, endpoint *balance.Endpoint, err error) error {
	e := &Error{Kind: RequestFailed, Dst: name, Bound: c.id, Addr: endpoint.Address().AddrPort.String(), Err: err}
	if ctx.Err() != nil {
		e.Kind, e.Err = Canceled, context.Cause(ctx)
		return e
	}
	if dial := (*net.OpError)(nil); errors.As(err, &dial) && dial.Op == "dial" {
		e.Kind, e.Replicas = ConnectFailed, set.addresses
	}
	return e
}
