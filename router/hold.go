package router

import (
	"net/http"
	"time"
)

// hold holds back a response whose end decides whether the request is sent again: until it
// has ended, which sets x.class; or until it turns out to be one that is not waited for. It
// returns the response to pass on, in which nothing is missing.
func (s *retry) hold(x *exchange, resp *http.Response) *http.Response {
	policy, stats := &s.service.policy, &s.service.stats
	by, ok := policy.Classifier.(StreamClassifier)
	if !ok || policy.HoldTime < 0 || policy.HoldBytes < 0 || !s.mightRetry(x) || !by.MayRetry(x.out, resp) {
		return resp
	}
	out := x.out
	h := newHeld(resp, policy.HoldBytes, &x.router.bodies, x.isCall(resp), func() bool { return x.body.ended(out) })
	go h.fill()
	timer := time.NewTimer(policy.HoldTime)
	defer timer.Stop()
	select {
	case <-h.filled:
	case <-timer.C:
	case <-x.ctx.Done():
	case <-x.router.closing:
	}
	end, err := h.release()
	switch end {
	case holdEnded:
		a := x.attempt
		if err != nil {
			x.class = policy.classifyEnd(x.out, resp, a.broke(err))
		} else {
			x.class = policy.classifyEnd(x.out, resp, nil)
		}
	case holdTooLong:
		stats.longHeld.Add(1)
	case holdTooLate:
		if x.ctx.Err() == nil {
			stats.lateHeld.Add(1)
		}
	}
	return h.passed
}

// mightRetry reports whether the request could be sent again, as far as that is known.
func (s *retry) mightRetry(x *exchange) bool {
	return x.ctx.Err() == nil && int(x.resent) < s.service.policy.MaxRetries &&
		x.body.problem() == "" && s.service.budget.balance() > 0
}
