package router

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/textproto"
	"sync/atomic"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/h1"
)

// attempt is one send of a request, from the pick of an endpoint to the end of the
// response's body. It is the context of the send, in which a transport finds it as
// the [h1.Observer] of what happens on the wire; it holds the headers that go out;
// and it becomes the response's body. One value has all these roles so that an
// attempt is one allocation.
type attempt struct {
	context.Context
	router    *Router
	client    *client
	service   *service
	endpoint  *balance.Endpoint
	use       balance.Use // of the endpoint
	local     *Local
	alarm     *alarm // nil: there is no deadline to enforce
	span      oteltrace.Span
	recording bool // whether the span is
	header    outgoing
	direct    bool // the transport is our own, without a wrapper that sees the messages
	fresh     bool // it must not go out on a connection that has served before
	class     [1]string
	from      io.ReadCloser
	accepted  bool // it is the request's last attempt and has a response
	over      atomic.Bool
}

// Value returns the attempt to a transport that looks for its observer.
func (a *attempt) Value(key any) any {
	if key == any(h1.ObserverKey{}) {
		return a
	}
	return a.Context.Value(key)
}

// Deadline is when the response must have begun.
func (a *attempt) Deadline() (at time.Time, ok bool) {
	if a.alarm != nil {
		return a.alarm.limit.at, true
	}
	return a.Context.Deadline()
}

var (
	_ h1.Observer     = (*attempt)(nil)
	_ h1.HeaderEditor = (*attempt)(nil)
	_ h1.HeaderTaker  = (*attempt)(nil)
	_ h1.FreshTaker   = (*attempt)(nil)
)

// HeaderEdit returns what our own transport writes instead of the request's header.
func (a *attempt) HeaderEdit() h1.HeaderEdit {
	if !a.direct {
		return nil
	}
	return &a.header
}

// AnswerHeader is the map that our own transport writes the response's header to.
func (a *attempt) AnswerHeader() http.Header {
	if !a.direct {
		return nil
	}
	return a.local.AnswerHeader
}

// Fresh reports whether the attempt needs a connection that has not served before.
func (a *attempt) Fresh() bool { return a.fresh }

// GotConn records the addresses of the connection in the span.
func (a *attempt) GotConn(local, remote netip.AddrPort) {
	if a.recording {
		hopspan.Connected(a.span, local, remote)
	}
}

// WroteRequest records in the span when the request was written.
func (a *attempt) WroteRequest() {
	if a.recording {
		hopspan.Sent(a.span)
	}
}

// GotFirstByte records in the span when the response began.
func (a *attempt) GotFirstByte() {
	if a.recording {
		hopspan.Received(a.span)
	}
}

// Informational passes on a 1xx response.
func (a *attempt) Informational(code int, header textproto.MIMEHeader) error {
	if a.local.Informer == nil {
		return nil
	}
	return a.local.Informer.Inform(code, header)
}

// begin counts the attempt.
func (a *attempt) begin() {
	if a.client.stats.requests.Add(1) > 1 {
		a.client.touch() // routes bypass the cache, which must not count the client as idle
	}
	a.client.stats.pending.Add(1)
	if a.use = a.endpoint.Begin(); a.recording && a.use.Probe() {
		hopspan.Probing(a.span)
	}
}

// report reports the outcome of the attempt to the endpoint, and records in the span
// if the endpoint's state changed by it.
func (a *attempt) report(o balance.Outcome) {
	if change := a.use.Report(o); a.recording && change.Kind != balance.Unchanged {
		hopspan.EndpointChanged(a.span, change.Kind.String(), change.For)
	}
}

// judged counts the outcome of the attempt and reports it to the endpoint and the
// span.
func (a *attempt) judged(class Class, resp *http.Response, err error) {
	stats := &a.client.stats
	switch {
	case class == Success:
		stats.success.Add(1)
		a.client.budget.put()
		if a.judgedByHead(resp) {
			a.report(balance.Success)
		}
	case isCallers(err): // which says nothing about the replica
		stats.failures.Add(1)
	default:
		stats.failures.Add(1)
		a.report(balance.Failure)
	}
	a.counted(resp)
	if a.recording {
		hopspan.Responded(a.span, resp, class.fraction())
		a.classified(class, err)
	}
}

// judgedByHead reports whether the head of a response alone decides success.
// Normally success is reported at the end of the body, which may be cut short.
// Tunnels are judged by their head. So are probes, because all other requests wait
// for the outcome of a probe and its caller may read slowly; a probe whose response
// breaks off later is a failure then.
func (a *attempt) judgedByHead(resp *http.Response) bool {
	return resp.StatusCode == http.StatusSwitchingProtocols || a.use.Probe()
}

// counted counts the attempt by the status of its response.
func (a *attempt) counted(resp *http.Response) {
	stats := &a.client.stats
	if resp == nil {
		stats.unanswered.Add(1)
	} else if i := resp.StatusCode - 100; i >= 0 && i < len(stats.byStatus) {
		stats.byStatus[i].Add(1)
	}
}

// classified records in the span how a failure was classified. A final failure that
// has a response was recorded already.
func (a *attempt) classified(class Class, err error) {
	if a.alarm.wentOff() && a.alarm.limit.kind == AttemptTimeout {
		hopspan.TimedOut(a.span)
	}
	switch {
	case class == RetryableFailure:
		hopspan.Retryable(a.span)
	case err != nil:
		hopspan.NotRetryable(a.span)
	}
}

// requeued ends an attempt that another one replaces.
func (a *attempt) requeued(err error) {
	a.client.stats.failures.Add(1)
	a.counted(nil)
	a.report(balance.Failure)
	a.leave(err)
}

// end ends the attempt, once.
func (a *attempt) end(err error) {
	if a.over.Swap(true) {
		return
	}
	switch { // only the first report counts, see balance.Use
	case !a.accepted:
	case err == nil:
		a.report(balance.Success)
	case a.Context.Err() == nil:
		a.report(balance.Failure)
	}
	a.leave(err)
	if a.accepted {
		a.router.stats.pending.Add(-1)
		a.service.stats.pending.Add(-1)
	}
	a.client.done()
}

func (a *attempt) leave(err error) {
	hopspan.EndClient(a.span, err)
	a.use.End()
	a.client.stats.pending.Add(-1)
	a.alarm.release()
}

// body is an attempt as the response's body: the attempt ends when the body ends or
// is closed.
type body attempt

func (b *body) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	switch err {
	case nil:
	case io.EOF:
		(*attempt)(b).end(nil)
	default:
		(*attempt)(b).end(err)
	}
	return n, err
}

func (b *body) Close() error {
	err := b.from.Close()
	(*attempt)(b).end(nil)
	return err
}

// writerBody is a body whose transport can copy it without reads into a buffer, such
// as from one socket to the other.
type writerBody struct{ *body }

// WriteTo returns a [*WriteError] if the writer failed and not the response.
func (w writerBody) WriteTo(to io.Writer) (int64, error) {
	n, err := w.from.(io.WriterTo).WriteTo(to)
	if answer := (*h1.Error)(nil); err == nil || errors.As(err, &answer) {
		(*attempt)(w.body).end(err)
		return n, err
	}
	(*attempt)(w.body).end(nil) // the replica is not to blame
	return n, &WriteError{err}
}

// A WriteError is the error of the writer to which the body of a response was
// written, as opposed to an error of the response.
type WriteError struct{ Err error }

func (e *WriteError) Error() string { return "writing a response: " + e.Err.Error() }

// Unwrap is the writer's error.
func (e *WriteError) Unwrap() error { return e.Err }

// upgradedBody is the body of a 101 response: a connection in both directions.
type upgradedBody struct {
	*body
	connection io.ReadWriteCloser
}

func (u *upgradedBody) Write(p []byte) (int, error) { return u.connection.Write(p) }

// CloseWrite closes the direction to the endpoint, if the connection supports it.
func (u *upgradedBody) CloseWrite() error {
	if half, ok := u.connection.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return http.ErrNotSupported
}
