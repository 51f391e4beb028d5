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

	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/h1"
)

// attempt is one send of a request, from the choice of an endpoint to the end
// of the answer's body. It is the context of the send, in which a transport
// finds it as the [h1.Observer] of what happens on the wire; it has the headers
// that go out; and it becomes the answer's body. Being all of that at once, it
// is one allocation.
type attempt struct {
	context.Context
	router    *Router
	client    *client
	service   *service
	endpoint  *balance.Endpoint
	use       balance.Use // of the endpoint
	local     *Local
	alarm     *alarm // nil: nobody set one
	span      oteltrace.Span
	recording bool // whether the span is
	header    outgoing
	direct    bool // the transport is our own, and nobody in between sees the messages
	fresh     bool // it is not to go out on a connection that has served
	class     [1]string
	from      io.ReadCloser
	accepted  bool // it is the request's last one and has an answer
	over      atomic.Bool
}

// Value answers a transport that looks for its observer.
func (a *attempt) Value(key any) any {
	if key == any(h1.ObserverKey{}) {
		return a
	}
	return a.Context.Value(key)
}

// Deadline is when the answer has to begin.
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

// HeaderEdit is what our own transport writes instead of the request's header.
func (a *attempt) HeaderEdit() h1.HeaderEdit {
	if !a.direct {
		return nil
	}
	return &a.header
}

// AnswerHeader is where our own transport puts the answer's header.
func (a *attempt) AnswerHeader() http.Header {
	if !a.direct {
		return nil
	}
	return a.local.AnswerHeader
}

// Fresh says whether a connection that has served before will not do.
func (a *attempt) Fresh() bool { return a.fresh }

// GotConn notes between which addresses the request goes out.
func (a *attempt) GotConn(local, remote netip.AddrPort) {
	if a.recording {
		a.router.config.Hop.Connected(a.span, local, remote)
	}
}

// WroteRequest notes when the request has left.
func (a *attempt) WroteRequest() {
	if a.recording {
		a.router.config.Hop.WireSend(a.span)
	}
}

// GotFirstByte notes when the answer begins.
func (a *attempt) GotFirstByte() {
	if a.recording {
		a.router.config.Hop.WireReceive(a.span)
	}
}

// Informational passes a 1xx answer on.
func (a *attempt) Informational(code int, header textproto.MIMEHeader) error {
	if a.local.Informer == nil {
		return nil
	}
	return a.local.Informer.Inform(code, header)
}

// begin counts the attempt.
func (a *attempt) begin() {
	if a.client.stats.requests.Add(1) > 1 {
		a.client.touch() // a route leads here past the cache, which must not think it idle
	}
	a.client.stats.pending.Add(1)
	if a.use = a.endpoint.Begin(); a.recording && a.use.Probe() {
		a.router.config.Hop.Probing(a.span)
	}
}

// report tells the endpoint what came of the attempt, and the span what became
// of the endpoint.
func (a *attempt) report(o balance.Outcome) {
	if change := a.use.Report(o); a.recording && change.Kind != balance.Unchanged {
		a.router.config.Hop.EndpointChanged(a.span, change.Kind.String(), change.For)
	}
}

// judged counts what came of the attempt, and tells the endpoint and the span.
func (a *attempt) judged(class Class, resp *http.Response, err error) {
	stats := &a.client.stats
	switch {
	case class == Success:
		stats.success.Add(1)
		a.client.budget.put()
		if a.judgedByHead(resp) {
			a.report(balance.Success)
		}
	case isCallers(err): // which says nothing of the replica
		stats.failures.Add(1)
	default:
		stats.failures.Add(1)
		a.report(balance.Failure)
	}
	a.counted(resp)
	if a.recording {
		a.router.config.Hop.Responded(a.span, resp, class.fraction())
		a.classified(class, err)
	}
}

// judgedByHead says whether the head of an answer is enough to call the replica
// well. Otherwise that is said at the end of the body, which may break off: but
// not for a probe, as everybody waits for what becomes of it and its caller may be
// slow to read, nor for a tunnel. A probe whose answer breaks off is a failure then.
func (a *attempt) judgedByHead(resp *http.Response) bool {
	return resp.StatusCode == http.StatusSwitchingProtocols || a.use.Probe()
}

// counted counts the attempt by the status of its answer.
func (a *attempt) counted(resp *http.Response) {
	stats := &a.client.stats
	if resp == nil {
		stats.unanswered.Add(1)
	} else if i := resp.StatusCode - 100; i >= 0 && i < len(stats.byStatus) {
		stats.byStatus[i].Add(1)
	}
}

// classified notes how a failure was classified; of a final one with an answer
// it is noted already.
func (a *attempt) classified(class Class, err error) {
	hop := a.router.config.Hop
	if a.alarm.wentOff() && a.alarm.limit.kind == AttemptTimeout {
		hop.TimedOut(a.span)
	}
	switch {
	case class == RetryableFailure:
		hop.Retryable(a.span)
	case err != nil:
		hop.NotRetryable(a.span)
	}
}

// requeued ends an attempt whose place another one takes.
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
	a.router.config.Hop.EndClient(a.span, err)
	a.use.End()
	a.client.stats.pending.Add(-1)
	a.alarm.release()
}

// body is an attempt as the answer's body: the attempt is over at its end, or
// when it is closed.
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

// writerBody is a body whose transport knows a better way of copying than by
// reads, such as from one socket to the other.
type writerBody struct{ *body }

// WriteTo returns a [*WriteError] if it was the writer that failed.
func (w writerBody) WriteTo(to io.Writer) (int64, error) {
	n, err := w.from.(io.WriterTo).WriteTo(to)
	if answer := (*h1.Error)(nil); err == nil || errors.As(err, &answer) {
		(*attempt)(w.body).end(err)
		return n, err
	}
	(*attempt)(w.body).end(nil) // nothing that the replica did
	return n, &WriteError{err}
}

// A WriteError is the error of the writer that the body of an answer was
// written to, as opposed to one of the answer.
type WriteError struct{ Err error }

func (e *WriteError) Error() string { return "writing an answer: " + e.Err.Error() }

// Unwrap is the writer's error.
func (e *WriteError) Unwrap() error { return e.Err }

// upgradedBody is the body of a 101 answer: a connection in both directions.
type upgradedBody struct {
	*body
	connection io.ReadWriteCloser
}

func (u *upgradedBody) Write(p []byte) (int, error) { return u.connection.Write(p) }

// CloseWrite ends one direction, where the connection can do that.
func (u *upgradedBody) CloseWrite() error {
	if half, ok := u.connection.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return http.ErrNotSupported
}
