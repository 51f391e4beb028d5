package router

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestAttemptDeadline: an attempt that has no response in time is cancelled; one that
// has is not, until it is over.
func TestAttemptDeadline(t *testing.T) {
	const second = time.Second
	for _, row := range []struct {
		name    string
		timeout time.Duration
		request time.Duration // when the deadline of the request is; 0: it has none
		kind    Kind
	}{
		{"the client's timeout", second, 0, AttemptTimeout},
		{"the request's deadline", 0, second, TotalTimeout},
		{"the timeout is earlier", second, 2 * second, AttemptTimeout},
		{"the deadline is earlier", 2 * second, second, TotalTimeout},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newAlone(t)
				s.x.limit = within(row.request, TotalTimeout)
				a := s.begin(0)
				stage := &attemptDeadline{row.timeout, s.below}
				s.below.does = func(*exchange) (*http.Response, error) {
					at, ok := a.ctx.Deadline()
					if !ok || time.Until(at) != second || a.until.at != at || a.until.kind != row.kind {
						t.Errorf("the deadline is %v, %+v", at, a.until)
					}
					time.Sleep(second - 1)
					synctest.Wait()
					if a.ctx.Err() != nil {
						t.Errorf("before: %v", a.ctx.Err())
					}
					time.Sleep(time.Nanosecond)
					synctest.Wait()
					if context.Cause(a.ctx) != errTimeUp || !a.alarm.stop() {
						t.Errorf("after: %v", context.Cause(a.ctx))
					}
					return nil, errFake
				}
				if _, err := stage.do(s.x); err != errFake {
					t.Error(err)
				}
				stage.done(s.x, Outcome{end: endTimedOut})
				s.below.want(t, "do", "timed out")

				s.below.does = func(*exchange) (*http.Response, error) {
					if a.alarm.stop() {
						t.Error("the response is late")
					}
					return responseOf(200), nil
				}
				s.below.ends = func(*exchange, Outcome) {
					if a.ctx.Err() != nil {
						t.Errorf("until it is over: %v", a.ctx.Err())
					}
				}
				a = s.begin(0)
				s.x.limit = within(row.request, TotalTimeout)
				if _, err := stage.do(s.x); err != nil {
					t.Error(err)
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				stage.done(s.x, Outcome{end: endAnswered})
				s.below.want(t, "do", "answered")
				if !errors.Is(context.Cause(a.ctx), context.Canceled) {
					t.Errorf("the context is not released: %v", context.Cause(a.ctx))
				}
			})
		})
	}
}

// TestAttemptWithoutDeadline: nothing is made where there is none, or where the context
// of the request has it.
func TestAttemptWithoutDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newAlone(t)
		for _, l := range []limit{{}, {at: time.Now().Add(time.Second), kind: DeadlineExceeded, byContext: true}} {
			a := s.begin(0)
			ctx := a.ctx
			s.x.limit = l
			stage := &attemptDeadline{0, s.below}
			if _, err := stage.do(s.x); err != nil || a.ctx != ctx || a.alarm != nil || a.until != l || a.alarm.stop() {
				t.Errorf("%v: %v, %+v, %+v", err, a.ctx, a.alarm, a.until)
			}
			stage.done(s.x, Outcome{end: endAnswered})
			s.below.want(t, "do", "answered")
		}
	})
}
