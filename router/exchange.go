package router

import (
	"context"
	"net/http"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/router/balance"
)

// exchange is one request, from RoundTrip to the end of the response's body. It holds
// what the stages keep of it, and its first attempt, in one allocation.
type exchange struct {
	router *Router
	ctx    context.Context
	asked  *http.Request    // as RoundTrip was given it
	out    *http.Request    // as it is sent; ours to change
	local  *inbound.Request // nil until receive has read the headers

	binding *binding  // identify: the request's name, held until the response begins
	service *service  // identify; nil: no service was reached
	limit   limit     // deadline
	callBy  time.Time // deadline: when the caller of a gRPC call gives up; zero: never
	leaf    *route    // bind: what the name meant for the last attempt
	client  *client   // bind: held until the attempt is over; nil: there is none
	set     *replicas

	body  sentBody          // retry
	next  nextRetry         // retry: where the next attempt goes
	avoid *balance.Endpoint // retry, requeue: the last attempt to this endpoint failed
	wait  time.Duration     // retry: before the last one

	resent  int32 // retry, requeue: resends that were not connection failures; bounded by MaxRetries
	retries int32 // retry: how often the classifier asked for one
	again   int32 // requeue: sends to this replica set after the first
	refused int32 // requeue: failed dials to this replica set
	sends   int32 // clientSpan: attempts that have a span of their own

	class   Class // of the last response or error
	found   bool  // bind: the name was bound to a replica set
	told    bool  // bind: the span says which entries of the dtab were ignored
	secure  bool  // receive: it must not be sent without TLS
	renewed bool  // requeue: its connection broke; it is sent once more, on a fresh connection

	folded oteltrace.Span // clientSpan: of attempts that found no connection; the next attempt continues it

	stages  []*http.Request // what the program's own stages passed on, by their number
	attempt *attempt        // pick: nil: none is under way
	first   attempt

	ended time.Duration // attempts: when the last attempt had a response or an error, by Router.now; 0: there was none
	pair  *pair         // attempts: that the attempt is counted in
}

// newAttempt begins an attempt at an endpoint.
func (x *exchange) newAttempt(endpoint *balance.Endpoint) *attempt {
	a := &x.first
	if a.x != nil {
		a = new(attempt) // the one before may still be known to its transport
	}
	a.x, a.endpoint, a.reach = x, endpoint, endpoint.Transport().(*reach)
	x.attempt = a
	return a
}

// accept ends do for the whole request: there is a response, and done follows as soon
// as its body has ended, which may be now.
func (x *exchange) accept(resp *http.Response) *http.Response {
	resp.Request = x.asked
	if x.attempt == nil { // a stage of the program's own made the response
		x.router.stages.done(x, Outcome{end: endAnswered, Class: x.class})
	} else {
		x.attempt.accept()
	}
	return resp
}

// fail ends a request that has no response.
func (x *exchange) fail(err error) error {
	o := Outcome{end: endUnrouted}
	if a := x.attempt; a != nil {
		o = a.outcome
	}
	o.Err = err
	if x.class == Undecided { // a stage made an error of a response
		x.class = Failure
	}
	o.Class = max(x.class, Failure)
	x.router.stages.done(x, o)
	return err
}
