package router

import (
	"context"
	"io"
	"net/http"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/router/balance"
)

// call is one request while it is tried.
type call struct {
	*Router
	ctx     context.Context
	out     *http.Request
	local   *Local
	binding *binding
	service *service
	limit   limit
	body    *replay // nil: there is no body, or it can be had anew

	sends    int  // attempts begun, those that found no connection counted with the next
	again    int  // how often it was sent to this replica set, but for the first time
	refused  int  // connections to this replica set that could not be made
	resent   int  // of those: beyond the first, and not for want of a connection
	found    bool // the name meant something
	told     bool // what its dtab is without
	renewed  bool // the connection it was on broke: it is sent once more, on fresh ones
	accepted bool // there is an answer
	handed   bool // a transport had the request's own body, and closes it
	retries  int  // by the classifier's word
	wait     time.Duration
	next     reservation       // of the retry to come
	avoid    *balance.Endpoint // it did not work a moment ago
	folded   oteltrace.Span    // of attempts that found no connection: the next one goes on with it
}

// begin prepares for the first attempt.
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

// end lets go of the body. A transport may still read what it was given.
func (c *call) end() {
	c.next.cancel()
	switch {
	case c.body != nil:
		c.body.finish(!c.accepted)
	case !c.handed:
		closeBody(c.out)
	}
}

// nextBody is the body for one more attempt.
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

// unreplayable is why the body cannot be sent once more; empty: it can.
func (c *call) unreplayable() string {
	if c.body == nil {
		return ""
	}
	return c.body.problem()
}

// takeBack ends the reading of the body by the attempt so far; it returns why
// there can be no other one.
func (c *call) takeBack() string {
	if c.body == nil {
		return ""
	}
	return c.body.takeBack()
}

// kept says whether the next hop may count on the body being kept: one of
// known and moderate length.
func (c *call) kept() bool {
	return c.out.ContentLength > 0 && (c.body != nil && c.body.limit > 0 || c.out.GetBody != nil)
}

// expired is the error of a request whose time is up while it has no replica.
func (c *call) expired() *Error {
	return &Error{Kind: c.limit.kind, Dst: c.service.name, Err: c.limit.expired(c.service.name.String(), notAvailable)}
}
