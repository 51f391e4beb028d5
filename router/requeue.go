package router

import (
	"errors"
	"math"
	"net/http"

	"github.com/meshhop/meshhop/internal/handshake"
	"github.com/meshhop/meshhop/internal/hopspan"
)

// requeue is the lower of the two layers that try again (RequeueFilter.scala): a
// request that no endpoint has seen, or that one refused unread, is sent to the same
// replica set at once, whatever its method is. So is, once and on a fresh connection, a
// request whose connection was stale. All this holds as long as failure accrual counts
// an endpoint of the set as alive: a request to a dead set, such as a probe, is one
// attempt.
type requeue struct {
	client *client
	below  stage
}

const (
	// maxPicks bounds how many further endpoints are tried when connecting fails
	// (Retries.scala). After more than maxTimeouts connect timeouts no further one
	// is tried, because 25 of them would take half a minute.
	maxPicks    = 25
	maxTimeouts = 2
	// maxHandshakes bounds how many failed TLS handshakes a request makes, and no endpoint
	// is tried twice: they fail by a configuration, and cost more than connections.
	maxHandshakes = 5
	// requeueShare is the share of a client's requeue budget that one request may
	// use.
	requeueShare = 0.2
)

// share is what one request has used of what bounds its requeues.
type share struct {
	picks, timeouts int
	handshakes      int   // that failed
	left            int   // of the budget; -1: not known yet
	requeues        int32 // in all
}

func (s *requeue) do(x *exchange) (*http.Response, error) {
	of := share{left: -1}
	x.again, x.refused = 0, 0
	resp, err := s.send(x, &of)
	if of.requeues > 0 {
		s.client.stats.again.Record(x.router.now(), int64(of.requeues))
	}
	return resp, err
}

// send sends the request as often as it may be.
func (s *requeue) send(x *exchange, of *share) (*http.Response, error) {
	for {
		resp, err := s.below.do(x)
		a := x.attempt
		switch {
		case a == nil:
			x.unfold(err)
			return nil, err
		case err == nil:
			if x.class == Success { // one that is undecided is put by done
				s.client.budget.put()
			}
			return resp, nil
		case !a.outcome.mayRequeue():
			return nil, err
		}
		why := s.mayRequeue(x, a, of)
		if why == "" {
			why = x.body.takeBack()
		}
		if why != "" {
			a.notRetried(why)
			return nil, err
		}
		s.client.stats.requeues.Add(1)
		of.requeues++
		x.avoid = a.endpoint
		if a.recording {
			hopspan.RequeueCause(a.span, err)
		}
		o := a.outcome
		o.again = true
		if o.end != endUnconnected {
			x.again++
		}
		s.below.done(x, o)
		x.recordAgain(nil, err)
	}
}

func (s *requeue) done(x *exchange, o Outcome) {
	if a := x.attempt; a != nil && a.open && o.Class == Success {
		s.client.budget.put()
	}
	s.below.done(x, o)
}

// mayRequeue reports whether the request can be sent to the same replica set again,
// whatever its method is.
func (o Outcome) mayRequeue() bool {
	switch o.end {
	case endUnconnected, endUnsent, endStale:
		return true
	case endRefused:
		return !errors.Is(o.Err, errFinalNacked)
	}
	return false
}

// mayRequeue returns why a request must not be requeued, or "" if it may.
func (s *requeue) mayRequeue(x *exchange, a *attempt, of *share) (why string) {
	if a.outcome.end == endUnconnected {
		return s.anotherPick(x, a, of)
	}
	if of.left < 0 {
		of.left = int(min(math.Ceil(requeueShare*float64(s.client.budget.balance())), maxPicks*maxPicks))
	}
	if why = s.afford(x, of.left); why == "" {
		of.left--
		x.resent++
		x.renewed = x.renewed || a.outcome.end == endStale
	}
	return why
}

// anotherPick is mayRequeue for a request that found no connection.
func (s *requeue) anotherPick(x *exchange, a *attempt, of *share) (why string) {
	if isTimeout(a.outcome.Err) {
		of.timeouts++
	}
	if handshake.Of(a.outcome.Err) != nil {
		of.handshakes++
	}
	of.picks++
	x.refused++
	if a.recording {
		hopspan.ConnectFailures(a.span, int(x.refused))
	}
	switch {
	case of.picks > maxPicks || of.timeouts > maxTimeouts || of.timeouts >= len(x.set.addresses):
		return "no endpoint accepts a connection"
	case of.handshakes >= min(len(x.set.addresses), maxHandshakes):
		return "the TLS handshakes failed"
	case !s.client.open():
		return s.client.noneAlive()
	}
	return ""
}

// afford takes a requeue out of the budget, for a request that had a connection. It
// returns why it may not be made, or "". left is what is left of the request's share.
func (s *requeue) afford(x *exchange, left int) (why string) {
	to := s.client
	why = x.body.problem()
	switch {
	case why != "":
		to.stats.unreplayable.Add(1)
		return why
	case left == 0:
		to.stats.limited.Add(1)
		return "the request has used its share of the requeue budget"
	case int(x.resent) >= x.service.policy.MaxRetries:
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

func isTimeout(err error) bool {
	timeout := interface{ Timeout() bool }(nil)
	return errors.As(err, &timeout) && timeout.Timeout()
}
