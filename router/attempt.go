package router

import (
	"context"
	"io"
	"net/http"
	"sync/atomic"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/balance"
)

// attempt is one send of a request, from the pick of an endpoint to the end of the
// response's body. It becomes that body, so that it is one allocation.
type attempt struct {
	x        *exchange
	endpoint *balance.Endpoint
	reach    *reach
	ctx      context.Context // of the send: it has the span, and ends at the deadline

	span      oteltrace.Span // clientSpan
	times     relay.Times    // clientSpan, where it records
	lease     balance.Lease  // accrual
	until     limit          // attemptDeadline
	alarm     *alarm         // attemptDeadline; nil: there is nothing to enforce
	header    outgoing       // outgoing
	exchange  relay.Exchange // send
	sent      http.Request   // send: what the transport gets
	refusal   *http.Response // send: the response by which the endpoint refused the request
	recording bool           // clientSpan: whether the span is
	local     bool           // diagnose: this hop made the response
	lent      bool           // send: the transport keeps nothing
	written   wireSteps      // clientSpan: what the span has of times

	class   Class     // of the response that was accepted
	open    bool      // classify: the end of the response decides its class
	atEOF   bool      // the response came to its end
	success [1]string // what the response says of its class
	from    io.ReadCloser
	resp    *http.Response // whose body that is
	outcome Outcome        // set before the attempt has ended, which is once
	over    atomic.Bool

	received atomic.Int64 // bytes of the response's body

	events atomic.Int32 // accept and end, of which the later one delivers the outcome
}

// accept makes the response of the attempt the request's.
func (a *attempt) accept() {
	a.class = a.x.class
	a.happened()
}

// happened delivers the outcome of the attempt as the request's, if the response was
// accepted and its body has ended.
func (a *attempt) happened() {
	if a.events.Add(1) == 2 {
		o := a.outcome
		switch {
		case o.Class != Unclassified:
		case a.class == Undecided:
			o.Class = a.judge(o)
		default:
			o.Class = a.class
		}
		a.x.router.stages.done(a.x, o)
	}
}

// end says what became of an attempt, once. If it has the response of the request, it is
// the outcome of the request. Any goroutine may call it, and so it reads nothing that a
// next attempt changes.
func (a *attempt) end(result endKind, err error) {
	if a.over.Swap(true) {
		return
	}
	a.outcome = Outcome{end: result, Err: err}
	a.happened()
}
