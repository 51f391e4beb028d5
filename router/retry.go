package router

import (
	"net/http"
	"time"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/wire"
)

// retry is the upper of the two layers that try again (RetryFilter.scala): a request
// is sent again, perhaps to another replica set, because the classifier says so. Whether
// that is safe although an endpoint may have seen the request is for the classifier to
// judge.
type retry struct {
	service *service
	below   stage
}

func (s *retry) do(x *exchange) (resp *http.Response, err error) {
	policy := &s.service.policy
	s.service.budget.put()
	x.body.begin(x.out, policy.ReplayBytes, &x.router.bodies)
	defer func() {
		x.next.cancel()
		x.body.end(x.out, err != nil)
		if x.retries > 0 {
			s.service.stats.again.Record(x.router.now(), int64(x.retries))
		}
	}()
	for {
		resp, err = s.below.do(x)
		if err != nil {
			x.class = policy.classify(x.out, nil, err)
		} else if x.class == Undecided && x.attempt != nil {
			resp = s.hold(x, resp)
		}
		a := x.attempt
		if a == nil {
			return resp, err
		}
		s.tell(a, err)
		if x.class != RetryableFailure || !s.mayRetry(x, a) {
			if err == nil {
				a.mark(resp)
			}
			return resp, err
		}
		o := Outcome{end: endAnswered, Class: x.class}
		if err != nil {
			o = a.outcome
			o.Class, o.Err = x.class, err
		} else {
			discardBody(resp) // which may end in another goroutine: a.outcome is not ours to read
		}
		s.below.done(x, o)
		if err := s.pause(x); err != nil {
			x.class = Failure
			return nil, err
		}
		x.recordAgain(resp, err)
	}
}

// done tells of a response that was passed on, and whose end would have had the request
// sent again, why that did not happen.
func (s *retry) done(x *exchange, o Outcome) {
	if a := x.attempt; a != nil && x.class == Undecided && o.Class == RetryableFailure {
		why := "the response was passed on before its end"
		if problem := x.body.problem(); problem != "" {
			s.service.stats.unreplayable.Add(1)
			why = problem
		}
		a.notRetried(why)
	}
	s.below.done(x, o)
}

// tell records in the span how a failure was classified. A final failure that has a
// response was recorded with it.
func (s *retry) tell(a *attempt, err error) {
	switch {
	case !a.recording:
	case a.x.class == RetryableFailure:
		hopspan.Retryable(a.span)
	case err != nil:
		hopspan.NotRetryable(a.span)
	}
}

// mark says in a response what it counts as.
func (a *attempt) mark(resp *http.Response) {
	if a.x.class == Undecided { // its trailers will
		delete(resp.Header, wire.SuccessClassName)
		return
	}
	a.success[0] = a.x.class.header()
	resp.Header[wire.SuccessClassName] = a.success[:]
}

// mayRetry reports whether an attempt that counts as a retryable failure is followed by
// another one, and sets x.wait to the time between them. If it is not, the attempt's
// span says why.
func (s *retry) mayRetry(x *exchange, a *attempt) bool {
	policy, stats := &s.service.policy, &s.service.stats
	why := x.body.problem()
	wait := policy.Backoff.Wait(int(x.retries), x.wait)
	switch {
	case x.ctx.Err() != nil:
		why = "the caller has gone"
	case int(x.resent) >= policy.MaxRetries:
		stats.limited.Add(1)
		why = limitReached
	case why != "":
		stats.unreplayable.Add(1)
	case x.limit.passed(time.Now().Add(wait)):
		stats.late.Add(1)
		why = "no time would be left after the backoff of " + wait.String()
	default:
		if why = s.afford(x); why != "" {
			break
		}
		if why = x.body.takeBack(); why != "" { // it read on meanwhile
			stats.unreplayable.Add(1)
			break
		}
		x.resent++
		x.retries++
		x.wait = wait
		x.avoid = a.endpoint
		stats.retries.Add(1)
		return true
	}
	a.notRetried(why)
	return false
}

const limitReached = "the request was retried as often as maxRetries allows"

// afford takes a retry out of both budgets that bound it: the service's, and that
// of the replica set to which it will go. It returns why it may not be made, or "".
func (s *retry) afford(x *exchange) (why string) {
	own := s.service.budget
	if !own.take() {
		s.service.stats.budgetExhausted.Add(1)
		return "the retry budget is exhausted"
	}
	x.next.cancel()
	x.next = x.binding.reserve()
	to := x.next.to
	if to == nil || to.shared.bucket(s.service.policy.Budget).take() {
		return ""
	}
	own.giveBack()
	to.stats.retriesRefused.Add(1)
	s.service.stats.setExhausted.Add(1)
	return "the retry budget of the replica set is exhausted"
}

// pause waits before a retry.
func (s *retry) pause(x *exchange) error {
	span := x.recordingSpan()
	if x.wait > 0 {
		if span != nil {
			hopspan.BackingOff(span, x.wait)
		}
		timer := time.NewTimer(x.wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-x.ctx.Done():
			return canceled(x.ctx, &Error{Dst: s.service.name})
		case <-x.router.closing:
			return &Error{Kind: Closed, Dst: s.service.name}
		}
	}
	if span != nil {
		hopspan.Retrying(span)
	}
	return nil
}
