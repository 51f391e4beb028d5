package router

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/h1"
)

// dispatch is step 7 of a request's journey: a replica is picked and the
// request is sent there, with context headers and a client span. The caller
// ends the attempt; the answer or the error is its own. There is none where the
// request's own dtab chose a replica that it may not.
func (c *call) dispatch(leaf *route, to *client, set *replicas) (*attempt, *http.Response, error) {
	endpoint := c.pick(to, set)
	if e := c.leadsHere(c.service.name, leaf.set, endpoint.Address().AddrPort); e != nil {
		return nil, nil, e
	}
	a := &attempt{router: c.Router, client: to, service: c.service, endpoint: endpoint, local: c.local, fresh: c.renewed}
	until := c.limit.or(within(to.policy.AttemptTimeout, AttemptTimeout))
	ctx, alarm := newAlarm(c.ctx, until)
	a.alarm = alarm
	ctx = c.startSpan(ctx, a)
	if n := a.header.writeContext(ctx, c.hop, c.service.name.String(), c.local, leaf); n > 0 {
		c.Router.stats.contextLeftOut.Add(n)
	}
	if !until.isNever() {
		a.header.writeDeadline(until)
	}
	if c.kept() { // the next hop may refuse to read it
		a.header.add(retryableHeader, "")
	}
	a.begin()
	body, err := c.nextBody()
	if err != nil {
		e := c.attemptError(a, RequestFailed, nil)
		e.Err = &h1.Error{Op: h1.OpBody, Addr: e.Addr, Err: err}
		return a, nil, e
	}
	authority := endpoint.Address().Authority
	resp, err := endpoint.Transport().RoundTrip(a.request(c.out, body, authority))
	if a.alarm.stop() && err == nil {
		if resp.Body != nil {
			resp.Body.Close() // it came too late, and reading on would fail
		}
		resp, err = nil, errTimeUp
	}
	if err != nil {
		return a, nil, c.sendError(a, set, err)
	}
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	restoreHost(resp.Header, authority, c.out.Host)
	return a, resp, nil
}

// startSpan starts the client span of an attempt, or goes on with that of an
// attempt that found no connection.
func (c *call) startSpan(ctx context.Context, a *attempt) context.Context {
	peer := a.endpoint.Address().AddrPort
	if span := c.folded; span != nil {
		c.folded = nil
		ctx = oteltrace.ContextWithSpan(ctx, span)
		a.Context, a.span, a.recording = ctx, span, span.IsRecording()
		hopspan.Connected(span, netip.AddrPort{}, peer)
		return ctx
	}
	if c.sends++; c.sends > 1 && c.local.AnswerHeader != nil {
		clear(c.local.AnswerHeader) // of the attempt before
	}
	ctx, span := c.hop.StartClient(ctx, c.out, hopspan.ClientStart{Service: a.client.label, Peer: peer})
	a.Context, a.span, a.recording = ctx, span, span.IsRecording()
	if c.sends > 1 && a.recording {
		hopspan.Attempt(span, c.sends)
		if c.again > 0 {
			hopspan.Requeued(span, c.again)
		}
	}
	return ctx
}

// pick chooses a replica. One that just failed is taken only if there is no
// other: balancers like it, as it has no load.
func (c *call) pick(from *client, set *replicas) *balance.Endpoint {
	endpoint := set.picker.Pick(c.out)
	if endpoint != c.avoid {
		return endpoint
	}
	for _, other := range from.set.Endpoints() {
		if other != c.avoid && (endpoint == c.avoid || better(other, endpoint)) {
			endpoint = other
		}
	}
	return endpoint
}

// better says whether a is the one of two that takes requests or, if both do or
// neither, has less to do.
func better(a, b *balance.Endpoint) bool {
	if open := a.Open(); open != b.Open() {
		return open
	}
	return a.Pending() < b.Pending()
}

// request is what the transport gets. Ours writes the header as it differs from
// the request's, any other gets a map and a URL that it may change.
func (a *attempt) request(out *http.Request, body io.ReadCloser, authority string) *http.Request {
	_, a.direct = a.endpoint.Transport().(*h1.Transport)
	a.direct = a.direct && a.header.traced
	sent := out.WithContext(a)
	sent.Body = body
	if view, ok := body.(*bodyView); ok {
		sent.Trailer = view.trailer
	}
	if authority != "" {
		sent.Host = authority
	}
	if !a.direct {
		sent.Header = a.header.header(a.Context, a.router.hop, out.Header)
		u := *out.URL
		sent.URL = &u
	}
	return sent
}

// sendError says what became of a request whose transport failed.
func (c *call) sendError(a *attempt, set *replicas, err error) error {
	if a.alarm.wentOff() {
		l := a.alarm.limit
		e := c.attemptError(a, l.kind, nil)
		switch l.kind {
		case AttemptTimeout:
			e.Err = l.expired(a.client.label, remoteInfo(a.Context, c.out, e.Addr, a.client.label))
		case DeadlineExceeded:
			e.Err = l.expired(a.client.label+" at "+e.Addr, "")
		default:
			e.Err = l.expired(c.service.name.String(), notAvailable)
		}
		return e
	}
	if c.ctx.Err() != nil {
		return canceled(c.ctx, c.attemptError(a, Canceled, nil))
	}
	if neverConnected(err) {
		e := c.attemptError(a, ConnectFailed, err)
		e.Unsent, e.Replicas = true, set.addresses
		return e
	}
	e := c.attemptError(a, RequestFailed, err)
	e.Unsent = unsent(err)
	return e
}

// attemptError is an error of an attempt.
func (c *call) attemptError(a *attempt, kind Kind, err error) *Error {
	return &Error{Kind: kind, Dst: c.service.name, Bound: a.client.id, Addr: a.endpoint.Address().AddrPort.String(), Err: err}
}

func neverConnected(err error) bool {
	if failed := (*h1.Error)(nil); errors.As(err, &failed) {
		return failed.Op == h1.OpConnect
	}
	dial := (*net.OpError)(nil)
	return errors.As(err, &dial) && dial.Op == "dial"
}
