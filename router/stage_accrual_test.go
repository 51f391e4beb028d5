package router

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/trace/tracetest"
)

// judge has an attempt with an outcome go through the stage, and says what is reported
// of the endpoint with the head of the response, and at the end.
func (s *alone) judge(t *testing.T, status int, class Class, o Outcome) (head, end []string) {
	t.Helper()
	stage := &accrual{below: s.below}
	a := s.begin(0)
	pending := a.endpoint.Pending()
	s.below.does = func(x *exchange) (*http.Response, error) {
		if a.endpoint.Pending() != pending+1 {
			t.Errorf("%d requests are in flight at the endpoint", a.endpoint.Pending())
		}
		x.class, a.outcome = class, o
		if status == 0 {
			return nil, errFake
		}
		return responseOf(status), nil
	}
	s.below.ends = func(*exchange, Outcome) {
		head, s.reports.said = s.reports.said, nil // the rest comes after the stages below
		if a.endpoint.Pending() != pending+1 {
			t.Errorf("%d requests are in flight at the endpoint until it is over", a.endpoint.Pending())
		}
	}
	if resp, err := stage.do(s.x); (err == nil) != (status > 0) || err == nil && resp.StatusCode != status {
		t.Errorf("%v, %v", resp, err)
	}
	stage.done(s.x, o)
	s.below.want(t, "do", o.String()+map[bool]string{true: ", again"}[o.again])
	if a.endpoint.Pending() != pending {
		t.Errorf("%d requests are in flight at the endpoint when it is over", a.endpoint.Pending())
	}
	end, s.reports.said = s.reports.said, nil
	return head, end
}

// TestAccrualStage: who is to blame for each way in which an attempt can end, and when
// that is known.
func TestAccrualStage(t *testing.T) {
	for _, row := range []struct {
		name      string
		status    int // 0: there is no response
		class     Class
		outcome   Outcome
		head, end string
	}{
		{"answered", 200, Success, Outcome{end: endAnswered}, "", "success"},
		{"answered with a failure", 500, Failure, Outcome{end: endAnswered}, "failure", ""},
		{"answered with a failure that may be retried", 503, RetryableFailure, Outcome{end: endAnswered}, "failure", ""},
		{"broke", 200, Success, Outcome{end: endBroke, Err: errFake}, "", "failure"},
		{"broke after a failure", 500, Failure, Outcome{end: endBroke, Err: errFake}, "failure", ""},
		{"left and the body broke", 200, Success, Outcome{end: endLeft, Err: errFake}, "", ""},
		{"left during the response", 200, Success, Outcome{end: endLeft}, "", "success"},
		{"a tunnel", 101, Success, Outcome{end: endBroke, Err: errFake}, "success", ""},
		{"left", 0, 0, Outcome{end: endLeft, Err: errFake}, "", ""},
		{"expired", 0, 0, Outcome{end: endExpired, Err: errFake}, "", ""},
		{"timed out", 0, 0, Outcome{end: endTimedOut, Err: errFake}, "failure", ""},
		{"invalid", 0, 0, Outcome{end: endInvalid, Err: errFake}, "", ""},
		{"unrouted", 0, 0, Outcome{end: endUnrouted, Err: errFake}, "", ""},
		{"unconnected", 0, 0, Outcome{end: endUnconnected, Err: errFake}, "failure", ""},
		{"unconnected, again", 0, 0, Outcome{end: endUnconnected, Err: errFake, again: true}, "failure", ""},
		{"unsent", 0, 0, Outcome{end: endUnsent, Err: errFake, again: true}, "failure", ""},
		{"refused", 0, 0, Outcome{end: endRefused, Err: errFake, again: true}, "failure", ""},
		{"failed", 0, 0, Outcome{end: endFailed, Err: errFake}, "failure", ""},
		{"stale, again", 0, 0, Outcome{end: endStale, Err: errFake, again: true}, "", ""},
		{"stale and no more", 0, 0, Outcome{end: endStale, Err: errFake}, "", "failure"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newAlone(t)
			head, end := s.judge(t, row.status, row.class, row.outcome)
			if !slices.Equal(head, words(row.head)) || !slices.Equal(end, words(row.end)) {
				t.Errorf("reported %q with the head and %q at the end, want %q and %q", head, end, row.head, row.end)
			}
		})
	}
}

func words(word string) []string {
	if word == "" {
		return nil
	}
	return []string{word}
}

// TestAccrualProbes: a probe is judged by its head, but if its response breaks off after
// all, that counts as well; one that says nothing leaves it to the next.
func TestAccrualProbes(t *testing.T) {
	for _, row := range []struct {
		name      string
		status    int
		class     Class
		outcome   Outcome
		head, end []string
		open      bool
	}{
		{"answered", 200, Success, Outcome{end: endAnswered}, []string{"revived", "success"}, nil, true},
		{"broke", 200, Success, Outcome{end: endBroke, Err: errFake}, []string{"revived", "success"}, []string{"failure"}, false},
		{"left during the response", 200, Success, Outcome{end: endLeft, Err: errFake}, []string{"revived", "success"}, nil, true},
		{"answered with a failure", 500, Failure, Outcome{end: endAnswered}, []string{"failure"}, nil, false},
		{"unconnected", 0, 0, Outcome{end: endUnconnected, Err: errFake}, []string{"failure"}, nil, false},
		{"left", 0, 0, Outcome{end: endLeft, Err: errFake}, nil, nil, true},
		{"stale, again", 0, 0, Outcome{end: endStale, Err: errFake, again: true}, nil, nil, true},
		{"stale and no more", 0, 0, Outcome{end: endStale, Err: errFake}, nil, []string{"failure"}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newAlone(t)
				s.reports.dead = true
				s.judge(t, 500, Failure, Outcome{end: endAnswered})
				events := tracetest.Events(s.recorded(s.x.attempt.span))
				if !slices.Contains(events, "meshhop.endpoint.removed") || s.x.attempt.endpoint.Open() {
					t.Fatalf("the endpoint is not dead: %q", events)
				}
				time.Sleep(time.Hour)
				head, end := s.judge(t, row.status, row.class, row.outcome)
				if !slices.Equal(head, row.head) || !slices.Equal(end, row.end) || s.x.attempt.endpoint.Open() != row.open {
					t.Errorf("reported %q with the head and %q at the end, want %q and %q; open: %v", head, end, row.head, row.end, s.x.attempt.endpoint.Open())
				}
				if events = tracetest.Events(s.recorded(s.x.attempt.span)); !slices.Contains(events, "meshhop.endpoint.probe") {
					t.Errorf("%q", events)
				}
			})
		})
	}
}

// TestAccrualTellsAtOnce: an endpoint that failed is dead before the stages above decide
// whether the request is sent again.
func TestAccrualTellsAtOnce(t *testing.T) {
	s := newAlone(t)
	s.reports.dead = true
	a := s.begin(0)
	s.below.does = func(*exchange) (*http.Response, error) { return nil, a.fail(endUnconnected, &Error{}) }
	if _, err := (&accrual{below: s.below}).do(s.x); !errors.As(err, new(*Error)) || a.endpoint.Open() {
		t.Errorf("%v, open: %v", err, a.endpoint.Open())
	}
}
