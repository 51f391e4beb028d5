package router

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// attemptDeadline cancels an attempt whose response has not begun in time: within the
// client's timeout, or by the deadline of the request.
type attemptDeadline struct {
	timeout time.Duration
	below   stage
}

func (s *attemptDeadline) do(x *exchange) (*http.Response, error) {
	a := x.attempt
	a.until = x.limit.or(within(s.timeout, AttemptTimeout))
	a.ctx, a.alarm = newAlarm(a.ctx, a.until)
	return s.below.do(x)
}

func (s *attemptDeadline) done(x *exchange, o Outcome) {
	s.below.done(x, o)
	x.attempt.alarm.release()
}

// alarm is the context of an attempt that has a deadline to enforce. It is nil if there
// is no deadline, or if the client's own context enforces it.
type alarm struct {
	context.Context
	limit  limit
	timer  *time.Timer
	cancel context.CancelCauseFunc
}

var errTimeUp = errors.New("the attempt timed out")

// newAlarm returns the context of an attempt, and its alarm, which may be nil.
func newAlarm(ctx context.Context, l limit) (context.Context, *alarm) {
	if l.isNever() || l.byContext {
		return ctx, nil
	}
	a := &alarm{limit: l}
	a.Context, a.cancel = context.WithCancelCause(ctx)
	a.timer = time.AfterFunc(time.Until(l.at), a.ring)
	return a, a
}

func (a *alarm) ring() { a.cancel(errTimeUp) }

// Deadline is when the response must have begun.
func (a *alarm) Deadline() (at time.Time, ok bool) { return a.limit.at, true }

// stop stops the timer, because a response that has begun is not bounded any more.
// It reports whether the timer had fired. It is called once.
func (a *alarm) stop() (late bool) { return a != nil && !a.timer.Stop() }

// release releases the context once the attempt is over.
func (a *alarm) release() {
	if a != nil {
		a.timer.Stop()
		a.cancel(nil)
	}
}
