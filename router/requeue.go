package router

import (
	"errors"
	"math"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/router/h1"
)

// The lower of the two layers that try again (RequeueFilter.scala): a request
// that no replica has seen, or that one refused unread, is sent to the same
// replica set at once, whatever its method is. So is, once and on a fresh
// connection, a GET, HEAD, OPTIONS or TRACE under which a connection broke that
// had served before.

const (
	// maxPicks is how often a further replica is looked for that takes a
	// connection (Retries.scala). Not after the time for it was up more than
	// twice, or one request could wait for half a minute.
	maxPicks    = 25
	maxTimeouts = 2
	// requeueShare is the share of a client's budget that one request may use
	// up.
	requeueShare = 0.2
)

// send is attempts at one replica set until one of them may have been seen, or
// no further one is allowed. The attempt that is returned has the leaf.
func (c *call) send(leaf *route) (*attempt, *http.Response, error) {
	picks, timeouts, requeues := 0, 0, -1
	for c.again = 0; ; c.again++ {
		if !c.limit.isNever() && c.limit.passed(time.Now()) {
			return nil, nil, c.expired()
		}
		set, err := leaf.client.sample(c.ctx, c.binding.dst, c.limit)
		if err != nil {
			return nil, nil, err
		}
		if set.picker == nil {
			if set.err != nil {
				return nil, nil, &Error{Kind: BindingFailed, Dst: c.service.name, Bound: leaf.client.id, Err: set.err}
			}
			return nil, nil, c.noReplicas(c.ctx, c.binding.dst, c.local.Dtab, leaf.client.id)
		}
		a, resp, err := c.dispatch(leaf, set)
		if nack := nackOf(resp); nack != nil {
			discardBody(resp)
			err = c.attemptError(a, set, Nacked, nack)
			c.config.Hop.Responded(a.span, resp, math.NaN())
			resp = nil
		}
		if err == nil {
			return a, resp, nil
		}
		stats := &leaf.client.stats
		why := ""
		switch failed := err.(*Error); {
		case failed.Kind == ConnectFailed:
			if isTimeout(failed.Err) {
				timeouts++
			}
			if picks++; picks > maxPicks || timeouts > maxTimeouts || timeouts >= len(set.addresses) {
				why = "no replica takes the connection"
			}
		case failed.Kind == Nacked && failed.Err == errFinalNacked, failed.Kind != Nacked && !failed.Unsent && !c.mayRenew(failed):
			return a, nil, err
		default:
			if requeues < 0 {
				requeues = int(min(math.Ceil(requeueShare*float64(leaf.client.budget.balance())), maxPicks*maxPicks))
			}
			if why = c.mayRequeue(leaf.client, requeues); why == "" {
				requeues--
				c.resent++
				c.renewed = c.renewed || c.mayRenew(failed)
			}
		}
		if why == "" {
			why = c.takeBack()
		}
		if why != "" {
			if a.recording {
				c.config.Hop.NotRetried(a.span, why)
			}
			return a, nil, err
		}
		stats.requeues.Add(1)
		c.avoid = a.endpoint
		if a.recording {
			c.config.Hop.RequeueCause(a.span, err)
		}
		a.requeued(err)
	}
}

// mayRequeue is why a request that had a connection is not sent to the client
// again; empty: it is. One request may use up so many requeues.
func (c *call) mayRequeue(to *client, requeues int) (why string) {
	why = c.unreplayable()
	switch {
	case why != "":
		to.stats.unreplayable.Add(1)
		return why
	case requeues == 0:
		to.stats.limited.Add(1)
		return "the request may use no more of the requeue budget"
	case c.resent >= c.service.policy.MaxRetries:
		to.stats.limited.Add(1)
		return limitReached
	case !to.budget.take():
		to.stats.budgetExhausted.Add(1)
		return "the requeue budget is exhausted"
	}
	return ""
}

// mayRenew says whether a request may be sent once more that a replica can have
// seen: the connection had served before and broke before a byte of the answer
// came, most likely because the replica was closing it as the request arrived, and
// the method is safe (RFC 9110 section 9.2.2). Only our own transport knows.
func (c *call) mayRenew(failed *Error) bool {
	own := (*h1.Error)(nil)
	if c.renewed || failed.Kind != RequestFailed || !errors.As(failed.Err, &own) {
		return false
	}
	switch c.out.Method {
	case "", http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return own.Reused && !own.Answered && (own.Op == h1.OpWrite || own.Op == h1.OpRead)
	}
	return false
}

const limitReached = "the request was sent again as often as maxRetries allows"

func isTimeout(err error) bool {
	timeout := interface{ Timeout() bool }(nil)
	return errors.As(err, &timeout) && timeout.Timeout()
}

// unsent says whether a transport had a connection and then could not write to
// it: the replica cannot have seen the request. Only our own transport knows.
func unsent(err error) bool {
	own := (*h1.Error)(nil)
	return errors.As(err, &own) && own.Op == h1.OpWrite && own.Wrote == h1.Nothing
}
