package router

import (
	"context"
	"io"
	"net/http"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/router/balance"
)

// call is the state of one request over all its attempts.
type call struct {
	*Router
	ctx     context.Context
	out     *http.Request
	local   *Local
	binding *binding
	service *service
	limit   limit
	body    *replay // nil: there is no body, or GetBody makes a new one

	sends    int  // attempts begun; one that found no connection counts as one with the next
	again    int  // sends to this replica set after the first
	refused  int  // failed dials to this replica set
	resent   int  // resends that were not connection failures; bounded by MaxRetries
	found    bool // the name was bound to a replica set
	told     bool // the span says which entries of the dtab were ignored
	renewed  bool // its connection broke: it is sent once more, on a fresh connection
	accepted bool // there is a response
	handed   bool // a transport has the request's own body, and closes it
	retries  int  // retries that the classifier asked for
	wait     time.Duration
	next     reservation       // for the next retry
	avoid    *balance.Endpoint // the last attempt to this endpoint failed
	folded   oteltrace.Span    // span of attempts that found no connection; the next attempt continues it
}

// begin prepares the first attempt.
func (c *call) begin() {
	policy := &c.service.policy
	c.service.stats.pending.Add(1)
	c.service.budget.put()
	c.limit = limitOf(c.ctx, c.local, policy.TotalTimeout)
	if b := c.out.Body; b != nil && b != http.NoBody && c.out.GetBody == nil {
		c.body = newReplay(b, c.out.ContentLength, max(policy.ReplayBytes, 0), &c.bodies)
		c.body.carry(c.out.Trailer)
	}
}

// end releases the body. A transport may still be reading the one it was given.
func (c *call) end() {
	c.next.cancel()
	switch {
	case c.body != nil:
		c.body.finish(!c.accepted)
	case !c.handed:
		closeBody(c.out)
	}
}

// nextBody returns the body for the next attempt.
func (c *call) nextBody() (io.ReadCloser, error) {
	switch {
	case c.body != nil:
		return c.body.view(), nil
	case c.handed && c.out.GetBody != nil:
		return c.out.GetBody()
	}
	c.handed = true
	return c.out.Body, nil
}

// unreplayable returns why the body cannot be sent again, or "" if it can.
func (c *call) unreplayable() string {
	if c.body == nil {
		return ""
	}
	return c.body.problem()
}

// takeBack stops the current attempt from reading the body. It returns why there
// can be no further attempt, or "".
func (c *call) takeBack() string {
	if c.body == nil {
		return ""
	}
	return c.body.takeBack()
}

// kept reports whether the body is kept for sending it again: it must have a known
// and moderate length.
func (c *call) kept() bool {
	return c.out.ContentLength > 0 && (c.body != nil && c.body.limit > 0 || c.out.GetBody != nil)
}

// expired is the error of a request whose deadline passed before it had an endpoint.
func (c *call) expired() *Error {
	return &Error{Kind: c.limit.kind, Dst: c.service.name, Err: c.limit.expired(c.service.name.String(), notAvailable)}
}
