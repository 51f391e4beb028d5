package router

import (
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/meshhop/meshhop/internal/h2client"
	"github.com/meshhop/meshhop/internal/handshake"
	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// send is the last stage: it calls the transport of the endpoint, and says what became
// of the attempt.
type send struct {
	client    *client
	transport sender
	edits     bool // the transport is our own, without a wrapper that sees the messages
}

// sender is a transport that knows what a proxy wants of it.
type sender interface {
	Send(r *http.Request, x *relay.Exchange) (*http.Response, error)
}

func newSend(c *client, transport http.RoundTripper) send {
	s := send{client: c}
	switch t := transport.(type) {
	case *h1.Transport:
		s.transport, s.edits = t, true
	case sender:
		s.transport = t
	default:
		s.transport = foreign{t}
	}
	return s
}

func (s *send) do(x *exchange) (*http.Response, error) {
	a := x.attempt
	body, err := x.body.next(x.out)
	if err != nil {
		e := s.error(x, a, RequestFailed, nil)
		e.Err = &h1.Error{Op: relay.OpBody, Addr: e.Addr, Err: err}
		return nil, a.fail(endInvalid, e)
	}
	resp, err := s.transport.Send(s.request(x, a, body), &a.exchange)
	if late := a.alarm.stop(); late || err != nil {
		if err == nil && resp.Body != nil {
			resp.Body.Close() // it came too late, and reading on would fail
		}
		return nil, s.failed(x, a, late, err)
	}
	if nack := nackOf(resp); nack != nil {
		discardBody(resp)
		a.refusal = resp
		return nil, a.fail(endRefused, s.error(x, a, Nacked, nack))
	}
	if resp.Header == nil {
		resp.Header = http.Header{}
	}
	a.follow(resp)
	return resp, nil
}

func (s *send) done(*exchange, Outcome) {}

// request is what the transport gets. Ours writes the header as it differs from
// the request's, any other gets a map and a URL that it may change.
func (s *send) request(x *exchange, a *attempt, body io.ReadCloser) *http.Request {
	a.exchange.Fresh, a.exchange.Interim = x.renewed, x.local.Interim
	a.exchange.Lines, a.exchange.ResponseLines = x.local.Lines, x.local.ResponseLines
	a.exchange.TakesTrailers = x.local.TakesTrailers
	if a.recording {
		a.exchange.Times = &a.times
	}
	ctx := a.ctx
	if !s.edits {
		ctx = a.exchange.Within(ctx)
	}
	sent := &a.sent
	*sent = *x.out.WithContext(ctx) // the copy that WithContext makes stays on the stack
	sent.Body = body
	if view, ok := body.(*bodyView); ok {
		sent.Trailer = view.trailer
	}
	if authority := a.endpoint.Address().Authority; authority != "" {
		sent.Host = authority
	}
	if s.edits && a.header.traced {
		a.exchange.Edit, a.exchange.Header = &a.header, x.local.ResponseHeader
		a.lent = true
		return sent
	}
	sent.Header = a.header.header(a.ctx, x.router.hop, x.out.Header)
	u := *x.out.URL
	sent.URL = &u
	return sent
}

// failed says what became of a request whose transport failed, or responded too late.
func (s *send) failed(x *exchange, a *attempt, late bool, err error) error {
	if late {
		return s.late(x, a)
	}
	if x.ctx.Err() != nil {
		e := canceled(x.ctx, s.error(x, a, Canceled, nil))
		if e.Kind == DeadlineExceeded {
			return a.fail(endExpired, e)
		}
		return a.fail(endLeft, e)
	}
	if x.callEnds(err) {
		e := s.error(x, a, DeadlineExceeded, nil)
		e.Err = limit{kind: DeadlineExceeded}.expired(s.client.label+" at "+e.Addr, "")
		return a.fail(endExpired, e)
	}
	result := s.result(x, err)
	e := s.error(x, a, RequestFailed, err)
	if handshake.Of(err) != nil {
		e.Replicas = x.set.addresses
	}
	switch result {
	case endUnconnected:
		e.Kind, e.Unsent, e.Replicas = ConnectFailed, true, x.set.addresses
	case endUnsent:
		e.Unsent = true
	case endStale:
		own := (*h1.Error)(nil)
		e.Unsent = errors.As(err, &own) && !own.Wrote
	}
	return a.fail(result, e)
}

// late is the error of an attempt whose time was up.
func (s *send) late(x *exchange, a *attempt) error {
	l := a.alarm.limit
	e := s.error(x, a, l.kind, nil)
	switch l.kind {
	case AttemptTimeout:
		e.Err = l.expired(s.client.label, remoteInfo(a.ctx, x.out, e.Addr, s.client.label))
		return a.fail(endTimedOut, e)
	case DeadlineExceeded:
		e.Err = l.expired(s.client.label+" at "+e.Addr, "")
	default:
		e.Err = l.expired(x.service.name.String(), notAvailable)
	}
	return a.fail(endExpired, e)
}

// result is what a transport's error means. Only our own transport can say that
// nothing was sent, or that a connection was stale.
func (s *send) result(x *exchange, err error) endKind {
	if two := (*h2client.Error)(nil); errors.As(err, &two) {
		return s.resultOfH2(x, two)
	}
	own := (*h1.Error)(nil)
	if !errors.As(err, &own) {
		if dial := (*net.OpError)(nil); errors.As(err, &dial) && dial.Op == "dial" || handshake.Of(err) != nil {
			return endUnconnected
		}
		return endFailed
	}
	switch own.Op {
	case relay.OpConnect:
		return endUnconnected
	case relay.OpRequest, relay.OpBody, relay.OpWait:
		return endInvalid
	case relay.OpWrite, relay.OpRead:
		switch {
		case own.Reused && !own.Responded && !x.renewed && isSafe(x.out.Method):
			return endStale
		case own.Op == relay.OpWrite && !own.Wrote:
			return endUnsent
		}
	}
	return endFailed
}

// resultOfH2 is what an error of HTTP/2 means. The peer says what it has not processed. A
// connection that breaks under several requests is stale for each of them that is safe.
func (s *send) resultOfH2(x *exchange, e *h2client.Error) endKind {
	switch e.Op {
	case relay.OpConnect:
		return endUnconnected
	case relay.OpRequest, relay.OpBody, relay.OpWait:
		return endInvalid
	case relay.OpRead:
		switch {
		case e.Unprocessed:
			return endUnsent
		case e.Reused && !e.Responded && !e.Reset() && !x.renewed && isSafe(x.out.Method):
			return endStale
		}
	}
	return endFailed
}

// isSafe reports whether a request with this method may be sent twice (RFC 9110
// section 9.2.1).
func isSafe(method string) bool {
	switch method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// error is an error of an attempt.
func (s *send) error(x *exchange, a *attempt, kind Kind, err error) *Error {
	return &Error{Kind: kind, Dst: x.service.name, Bound: s.client.id, Addr: a.endpoint.Address().AddrPort.String(), Err: err}
}

// fail ends an attempt that has no response.
func (a *attempt) fail(result endKind, e *Error) error {
	a.end(result, e)
	a.outcome.Class = Failure
	return e
}

// foreign is a transport that only knows requests. If it ends in one of ours, that finds
// the exchange in the context of the request.
type foreign struct{ http.RoundTripper }

func (f foreign) Send(r *http.Request, _ *relay.Exchange) (*http.Response, error) {
	return f.RoundTrip(r)
}
