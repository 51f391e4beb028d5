package router

import (
	"errors"
	"math"
	"net/http"
	"time"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/h1"
)

// The lower of the two layers that try again (RequeueFilter.scala): a request
// that no replica has seen, or that one refused unread, is sent to the same
// replica set at once, whatever its method is. So is, once and on a fresh
// connection, a GET, HEAD, OPTIONS or TRACE under which a connection broke that
// had served before. All this holds as long as failure accrual counts a replica of
// the set as alive: what goes to a dead set, such as a probe, is one attempt.

const (
	// maxPicks bounds how many further replicas are tried when connecting fails
	// (Retries.scala). After more than maxTimeouts connect timeouts no further one
	// is tried, because 25 of them would take half a minute.
	maxPicks    = 25
	maxTimeouts = 2
	// requeueShare is the share of a client's requeue budget that one request may
	// use.
	requeueShare = 0.2
)

// send makes attempts at one replica set until a replica may have seen one of them,
// or until no further attempt is allowed. The attempt that it returns holds the
// reference to the client.
func (c *call) send(leaf *route, to *client) (*attempt, *http.Response, error) {
	picks, timeouts, requeues := 0, 0, -1
	c.again, c.refused = 0, 0
	for {
		set, err := c.replicas(to)
		if err != nil {
			c.unfold(err)
			return nil, nil, err
		}
		a, resp, err := c.dispatch(leaf, to, set)
		if a == nil {
			c.unfold(err)
			return nil, nil, err
		}
		if nack := nackOf(resp); nack != nil {
			discardBody(resp)
			err = c.attemptError(a, Nacked, nack)
			hopspan.Responded(a.span, resp, math.NaN())
			resp = nil
		}
		if err == nil {
			return a, resp, nil
		}
		failed, ok := errors.AsType[*Error](err)
		if !ok {
			return a, nil, err
		}
		why := ""
		switch {
		case failed.Kind == ConnectFailed:
			if isTimeout(failed.Err) {
				timeouts++
			}
			if picks++; picks > maxPicks || timeouts > maxTimeouts || timeouts >= len(set.addresses) {
				why = "no endpoint accepts a connection"
			}
			if c.couldNotConnect(a); why == "" && !to.open() {
				why = to.noneAlive()
			}
		case failed.Kind == Nacked && errors.Is(failed.Err, errFinalNacked), failed.Kind != Nacked && !failed.Unsent && !c.mayRenew(failed):
			return a, nil, err
		default:
			renews := c.mayRenew(failed)
			if !renews {
				a.report(balance.Failure)
			}
			if requeues < 0 {
				requeues = int(min(math.Ceil(requeueShare*float64(to.budget.balance())), maxPicks*maxPicks))
			}
			if why = c.mayRequeue(to, requeues); why == "" {
				requeues--
				c.resent++
				c.renewed = c.renewed || renews
			}
			if why == "" && renews {
				// A connection that was closed as the request arrived says nothing
				// about the replica's health; the attempt on a fresh one will.
				a.report(balance.Ignorable)
			}
		}
		if why == "" {
			why = c.takeBack()
		}
		if why != "" {
			if a.recording {
				hopspan.NotRetried(a.span, why)
			}
			return a, nil, err
		}
		to.stats.requeues.Add(1)
		c.avoid = a.endpoint
		if a.recording {
			hopspan.RequeueCause(a.span, err)
		}
		if failed.Kind == ConnectFailed {
			c.fold(a)
		} else {
			c.again++
			a.requeued(err)
		}
	}
}

// replicas returns the set that an attempt picks from.
func (c *call) replicas(of *client) (*replicas, error) {
	if !c.limit.isNever() && c.limit.passed(time.Now()) {
		return nil, c.expired()
	}
	set, err := of.sample(c.ctx, c.binding.dst, c.limit)
	switch {
	case err != nil:
		return nil, err
	case set.picker != nil:
		return set, nil
	case set.err != nil:
		return nil, &Error{Kind: BindingFailed, Dst: c.service.name, Bound: of.id, Err: set.err}
	}
	return nil, c.binding.noReplicas(c.ctx, of.id, set.unresolved)
}

// couldNotConnect reports a replica that accepts no connection. It does so at once,
// because that replica may have been the last of its set that was alive.
func (c *call) couldNotConnect(a *attempt) {
	a.report(balance.Failure)
	c.refused++
	if a.recording {
		hopspan.ConnectFailures(a.span, c.refused)
	}
}

// fold ends an attempt that found no connection, but not its span: the next attempt
// continues the span, because nothing was sent that needs one of its own.
func (c *call) fold(a *attempt) {
	a.client.stats.failures.Add(1)
	a.counted(nil)
	a.use.End()
	a.client.stats.pending.Add(-1)
	a.alarm.release()
	c.folded = a.span
}

// unfold ends a span that fold kept and that no further attempt continues.
func (c *call) unfold(err error) {
	if c.folded != nil {
		hopspan.EndClient(c.folded, err)
		c.folded = nil
	}
}

// mayRequeue returns why a request that had a connection must not be requeued, or
// "" if it may. requeues is what is left of this request's share of the budget.
func (c *call) mayRequeue(to *client, requeues int) (why string) {
	why = c.unreplayable()
	switch {
	case why != "":
		to.stats.unreplayable.Add(1)
		return why
	case requeues == 0:
		to.stats.limited.Add(1)
		return "the request has used its share of the requeue budget"
	case c.resent >= c.service.policy.MaxRetries:
		to.stats.limited.Add(1)
		return limitReached
	case !to.open():
		return to.noneAlive()
	case !to.budget.take():
		to.stats.budgetExhausted.Add(1)
		return "the requeue budget is exhausted"
	}
	return ""
}

// noneAlive counts and returns why nothing is requeued to a set that is dead.
func (c *client) noneAlive() (why string) {
	c.stats.closed.Add(1)
	return "no endpoint of the replica set is alive"
}

// mayRenew reports whether a request may be sent once more although a replica may
// have seen it: the connection had served before and broke before a byte of the
// response came, most likely because the replica was closing it as the request
// arrived, and the method is safe (RFC 9110 section 9.2.2). Only our own transport
// knows.
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

const limitReached = "the request was retried as often as maxRetries allows"

func isTimeout(err error) bool {
	timeout := interface{ Timeout() bool }(nil)
	return errors.As(err, &timeout) && timeout.Timeout()
}

// unsent reports whether a transport had a connection but could not write a byte to
// it, so that the replica cannot have seen the request. Only our own transport
// knows.
func unsent(err error) bool {
	own := (*h1.Error)(nil)
	return errors.As(err, &own) && own.Op == h1.OpWrite && own.Wrote == h1.Nothing
}
