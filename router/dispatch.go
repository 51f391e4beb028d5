package router

import (
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/h1"
	"github.com/meshhop/meshhop/trace"
)

// dispatch is step 7 of a request's journey: a replica is picked and the
// request is sent there, with context headers and a client span. The caller
// ends the attempt; the answer or the error is its own.
func (c *call) dispatch(leaf *route, set *replicas) (*attempt, *http.Response, error) {
	endpoint := c.pick(leaf.client, set)
	if c.sends++; c.sends > 1 && c.local.AnswerHeader != nil {
		clear(c.local.AnswerHeader) // of the attempt before
	}
	a := &attempt{router: c.Router, client: leaf.client, service: c.service, endpoint: endpoint, local: c.local}
	until := c.limit.or(within(leaf.client.policy.AttemptTimeout, AttemptTimeout))
	ctx := c.ctx
	ctx, a.alarm = newAlarm(ctx, until)
	ctx, span := c.config.Hop.StartClient(ctx, c.out, trace.ClientStart{Service: leaf.client.label, Peer: endpoint.Address().AddrPort})
	a.Context, a.span, a.recording = ctx, span, span.IsRecording()
	if c.sends > 1 && a.recording {
		c.config.Hop.Attempt(span, c.sends)
		if c.again > 0 {
			c.config.Hop.Requeued(span, c.again)
		}
	}
	if n := a.header.writeContext(ctx, c.config.Hop, c.service.name.String(), c.local, leaf); n > 0 {
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
		e := c.attemptError(a, set, RequestFailed, nil)
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
		sent.Header = a.header.header(a.Context, a.router.config.Hop, out.Header)
		u := *out.URL
		sent.URL = &u
	}
	return sent
}

// sendError says what became of a request whose transport failed.
func (c *call) sendError(a *attempt, set *replicas, err error) error {
	if a.alarm.wentOff() {
		l := a.alarm.limit
		e := c.attemptError(a, set, l.kind, nil)
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
		return canceled(c.ctx, c.attemptError(a, set, Canceled, nil))
	}
	if neverConnected(err) {
		e := c.attemptError(a, set, ConnectFailed, err)
		e.Unsent, e.Replicas = true, set.addresses
		return e
	}
	e := c.attemptError(a, set, RequestFailed, err)
	e.Unsent = unsent(err)
	return e
}

// attemptError is an error of an attempt.
func (c *call) attemptError(a *attempt, set *replicas, kind Kind, err error) *Error {
	return &Error{Kind: kind, Dst: c.service.name, Bound: a.client.id, Addr: a.endpoint.Address().AddrPort.String(), Err: err}
}

func neverConnected(err error) bool {
	if failed := (*h1.Error)(nil); errors.As(err, &failed) {
		return failed.Op == h1.OpConnect
	}
	dial := (*net.OpError)(nil)
	return errors.As(err, &dial) && dial.Op == "dial"
}
