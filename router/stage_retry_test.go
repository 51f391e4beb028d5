package router

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// newRetry is the stage, above attempts that have responses of these statuses one after
// the other; the last one goes on for ever, and 0 is an error. 500 and errors may be
// retried.
func newRetry(t *testing.T, statuses ...int) (*alone, *retry) {
	s := newAlone(t)
	s.service.policy.Classifier = classifierFunc(func(_ *http.Request, resp *http.Response, err error) Class {
		if err != nil || resp.StatusCode == 500 {
			return RetryableFailure
		}
		return Unclassified
	})
	i := 0
	s.below.ends = forget
	s.below.does = func(x *exchange) (*http.Response, error) {
		status := statuses[min(i, len(statuses)-1)]
		if i++; status == 0 {
			return s.fails(endUnconnected, errFake)
		}
		resp := responseOf(status)
		return s.responds(s.service.policy.classify(x.out, resp, nil), resp)
	}
	return s, &retry{s.service, s.below}
}

// retries are what the service has counted.
func (s *alone) retries() RetryStats { return s.ServiceStats()[0].Retries }

// TestRetry: an attempt that may be made again is over before the next one begins, which
// is after the backoff; the last response says what it counts as.
func TestRetry(t *testing.T) {
	for _, row := range []struct {
		statuses []int
		calls    []string
		class    string
	}{
		{[]int{200}, []string{"do"}, "1.0"},
		{[]int{501}, []string{"do"}, "0.0"},
		{[]int{500, 200}, []string{"do", "answered", "do"}, "1.0"},
		{[]int{0, 500, 404}, []string{"do", "unconnected", "do", "answered", "do"}, "1.0"},
	} {
		synctest.Test(t, func(t *testing.T) {
			s, stage := newRetry(t, row.statuses...)
			s.service.policy.Backoff = balance.ConstantBackoff(time.Second)
			span := s.serve()
			s.x.class = RetryableFailure // nobody's
			begun, budget := time.Now(), s.retries().Budget
			put := s.service.budget.sum(0)
			resp, err := stage.do(s.x)
			if err != nil || resp.Header.Get("L5d-Success-Class") != row.class {
				t.Errorf("%v, %v", resp, err)
			}
			for _, o := range s.below.outcomes {
				if o.Class != RetryableFailure || (o.Err == nil) != (o.end == endAnswered) {
					t.Errorf("%+v", o)
				}
			}
			s.below.want(t, row.calls...)
			stage.done(s.x, Outcome{end: endBroke})
			s.below.want(t, "broke")
			n := len(row.statuses) - 1
			if waited := time.Since(begun); waited != time.Duration(n)*time.Second {
				t.Errorf("waited %v for %d retries", waited, n)
			}
			if int(s.x.resent) != n || int(s.x.retries) != n || (s.x.avoid != nil) != (n > 0) || s.x.next.to != nil || s.clientUsers() != 0 && n == 0 {
				t.Errorf("%+v, the client is held by %d", s.x, s.clientUsers())
			}
			if got := s.retries(); got.Total != uint64(n) || got.Budget != budget-int64(n) {
				t.Errorf("%+v with a budget of %d before", got, budget)
			}
			if got := s.service.stats.again.Read(s.now()).All; got.Count() != uint64(min(n, 1)) || got.Sum != float64(n)*float64(histogram.Once) {
				t.Errorf("%d requests were retried: %+v", n, got)
			}
			if put = s.service.budget.sum(s.service.budget.tick()) - put; n == 0 && put != s.service.budget.deposit {
				t.Errorf("%d were put into the budget", put)
			}
			events := tracetest.Events(s.recorded(span))
			if got := len(slices.DeleteFunc(slices.Clone(events), func(e string) bool { return e != "meshhop.backoff" && e != "finagle.retry" })); got != 2*n {
				t.Errorf("%q", events)
			}
		})
	}
}

// TestRetryWithoutAttempt: what had no endpoint is not retried, whatever the classifier
// says, and what a stage of the program's own responds with is left as it is.
func TestRetryWithoutAttempt(t *testing.T) {
	s, stage := newRetry(t)
	s.below.does = func(*exchange) (*http.Response, error) { return nil, errFake }
	if _, err := stage.do(s.x); err != errFake || s.x.class != RetryableFailure {
		t.Errorf("%v of class %v", err, s.x.class)
	}
	resp := responseOf(500)
	s.below.does = func(x *exchange) (*http.Response, error) { x.class = RetryableFailure; return resp, nil }
	if got, err := stage.do(s.x); got != resp || err != nil || len(resp.Header) != 0 {
		t.Errorf("%v, %v", got, err)
	}
	s.below.want(t, "do", "do")
}

// TestRetryBounds: what keeps an attempt from being made again; the response is the
// caller's then, and the span says why.
func TestRetryBounds(t *testing.T) {
	none := func(b *bucket) {
		for b.take() {
		}
	}
	for _, row := range []struct {
		name   string
		change func(s *alone)
		sent   int
		why    string
		want   RetryStats
	}{
		{"MaxRetries", func(s *alone) { s.service.policy.MaxRetries = 2 }, 3, limitReached, RetryStats{LimitReached: 1}},
		{"MaxRetries, of which requeues took some", func(s *alone) { s.x.resent = 4 }, 2, limitReached, RetryStats{LimitReached: 1}},
		{"MaxRetries, whatever the name means by now", func(s *alone) {
			s.service.policy.MaxRetries = 2
			s.x.binding.meaning.Store(&meaning{err: errFake})
		}, 3, limitReached, RetryStats{LimitReached: 1}},
		{"the caller has gone", func(s *alone) { s.x.ctx = cancelled() }, 1, "the caller has gone", RetryStats{}},
		{"the body is lost", func(s *alone) {
			s.x.out.Body = io.NopCloser(strings.NewReader("abc"))
			s.below.ends = nil
			does := s.below.does
			s.below.does = func(x *exchange) (*http.Response, error) {
				x.body.replay.view().Read(make([]byte, 1))
				return does(x)
			}
			s.service.policy.ReplayBytes = -1
		}, 1, "the body was being sent and is too long to be kept", RetryStats{NotReplayable: 1}},
		{"no time is left after the backoff", func(s *alone) {
			s.service.policy.Backoff = balance.ConstantBackoff(time.Second)
			s.x.limit = limit{at: time.Now().Add(2 * time.Second)}
		}, 2, "no time would be left after the backoff of 1s", RetryStats{TooLate: 1}},
		{"the budget is used up", func(s *alone) { none(s.service.budget); s.service.budget.deposit = 0 }, 1, "the retry budget is exhausted", RetryStats{BudgetExhausted: 1}},
		{"the set's budget is used up", func(s *alone) { none(s.client.shared.bucket(s.service.policy.Budget)) }, 1, "the retry budget of the replica set is exhausted", RetryStats{SetExhausted: 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, stage := newRetry(t, 500)
				row.change(s)
				resp, err := stage.do(s.x)
				if err != nil || resp.Header.Get("L5d-Success-Class") != "0.0" || s.x.attempt == nil || s.clientUsers() != 0 {
					t.Errorf("%v, %v, the client is held by %d", resp, err, s.clientUsers())
				}
				if len(s.below.calls) != 2*row.sent-1 {
					t.Errorf("%q, want %d attempts", s.below.calls, row.sent)
				}
				got := s.retries()
				if row.want.SetExhausted > 0 && (got.Budget != 100 || s.ClientStats()[0].RetriesRefused != 1) {
					t.Errorf("%+v: the budget of the service was taken from", got)
				}
				if row.want.NotReplayable > 0 && got.Budget != 100 {
					t.Errorf("%+v: the budget of the service was taken from", got)
				}
				if got.Budget, row.want.Total = 0, uint64(row.sent-1); got != row.want {
					t.Errorf("%+v, want %+v", got, row.want)
				}
				record := s.recorded(s.x.attempt.span)
				if why := tagOf(record, "meshhop.not_retried"); why != row.why || !slices.Contains(tracetest.Events(record), "l5d.retryable") {
					t.Errorf("the span says %q and %q", why, tracetest.Events(record))
				}
			})
		})
	}
}

// TestRetryAtOnce: without a backoff there is no pause; the response that is not wanted
// is closed, and one that is the caller's was recorded by the stages below.
func TestRetryAtOnce(t *testing.T) {
	s, stage := newRetry(t, 500, 501)
	span, body := s.serve(), &closings{Reader: strings.NewReader("abc")}
	does := s.below.does
	s.below.does = func(x *exchange) (*http.Response, error) {
		resp, err := does(x)
		if resp.StatusCode == 500 {
			resp.Body = body
		}
		return resp, err
	}
	if resp, err := stage.do(s.x); err != nil || resp.StatusCode != 501 || body.n == 0 {
		t.Errorf("%v, %v, closed %d times", resp, err, body.n)
	}
	if events := tracetest.Events(s.recorded(s.x.attempt.span)); slices.Contains(events, "l5d.failure") {
		t.Errorf("%q", events)
	}
	if events := tracetest.Events(s.recorded(span)); slices.Contains(events, "meshhop.backoff") || !slices.Contains(events, "finagle.retry") {
		t.Errorf("%q", events)
	}
}

// TestRetryErrors: an error is classified here, once the requeues have given up, and its
// span says as what.
func TestRetryErrors(t *testing.T) {
	for class, event := range map[Class]string{Failure: "l5d.failure", RetryableFailure: "l5d.retryable", Success: "l5d.failure"} {
		s, stage := newRetry(t, 0)
		s.service.policy.MaxRetries = -1
		s.service.policy.Classifier = classifierFunc(func(r *http.Request, resp *http.Response, err error) Class {
			if r != s.x.out || resp != nil || !errors.Is(err, errFake) {
				t.Errorf("the classifier was asked about %v, %v, %v", r, resp, err)
			}
			return class
		})
		if _, err := stage.do(s.x); !errors.Is(err, errFake) || s.x.class == Success {
			t.Errorf("%v of class %v", err, s.x.class)
		}
		if events := tracetest.Events(s.recorded(s.x.attempt.span)); !slices.Contains(events, event) {
			t.Errorf("%q, want %s", events, event)
		}
	}
}

// TestRetryEndsInThePause: whoever waits for a retry leaves with its client, or with the
// router, and nothing is held any more.
func TestRetryEndsInThePause(t *testing.T) {
	for _, kind := range []Kind{Canceled, Closed} {
		synctest.Test(t, func(t *testing.T) {
			s, stage := newRetry(t, 500)
			s.service.policy.Backoff = balance.ConstantBackoff(time.Hour)
			s.below.ends = func(x *exchange, o Outcome) {
				if forget(x, o); s.clientUsers() != 1 {
					t.Errorf("during the pause the client is held by %d", s.clientUsers())
				}
				if kind == Canceled {
					x.ctx = cancelled()
				} else {
					s.cancel()
				}
			}
			body := &closings{Reader: strings.NewReader("abc")}
			s.x.out.Body, s.x.out.ContentLength = body, 3
			_, err := stage.do(s.x)
			if !errors.Is(err, kind) || s.x.class != Failure || s.clientUsers() != 0 || body.n != 1 {
				t.Errorf("%v of class %v, the client is held by %d, the body was closed %d times", err, s.x.class, s.clientUsers(), body.n)
			}
			s.below.want(t, "do", "answered")
		})
	}
}

// TestRetryBody: the body is closed with the last attempt, if there is no response; if
// there is one, its transport may go on reading.
func TestRetryBody(t *testing.T) {
	for status, want := range map[int]int{0: 1, 200: 0} {
		s, stage := newRetry(t, status)
		s.service.policy.MaxRetries = -1
		body := &closings{Reader: strings.NewReader("abc")}
		s.x.out.Body, s.x.out.ContentLength = body, 3
		does := s.below.does
		s.below.does = func(x *exchange) (*http.Response, error) {
			view, err := x.body.next(x.out)
			if err != nil {
				t.Error(err)
			}
			defer func() {
				if want == 0 {
					view.Read(make([]byte, 1))
				}
			}()
			return does(x)
		}
		if stage.do(s.x); body.n != want || !s.x.body.taken {
			t.Errorf("status %d: the body was closed %d times", status, body.n)
		}
	}
}
