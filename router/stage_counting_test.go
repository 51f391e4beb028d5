package router

import (
	"fmt"
	"net/http"
	"testing"
)

// TestCounting: what passes is counted when it begins and when its response begins, and
// is in flight until the stages below know how it ended.
func TestCounting(t *testing.T) {
	for _, row := range []struct {
		name              string
		class             Class
		err               error
		success, failures uint64
		cause             string
	}{
		{"a success", Success, nil, 1, 0, ""},
		{"a failure", Failure, nil, 0, 1, "status"},
		{"a failure that may be retried", RetryableFailure, nil, 0, 1, "status"},
		{"an error after a success", Success, errFake, 0, 1, "request"},
		{"an error of a step", Failure, &Error{Kind: AttemptTimeout}, 0, 1, "attempt_timeout"},
		{"an error within another", Failure, fmt.Errorf("a stage: %w", &Error{Kind: NoReplicas}), 0, 1, "no_replicas"},
		{"the last kind", Failure, &Error{Kind: Closed}, 0, 1, "closed"},
		{"no kind", Failure, &Error{Kind: 200}, 0, 1, "request"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var c counters
			inFlight := func() {
				t.Helper()
				if c.requests.Load() != 1 || c.pending.Load() != 1 {
					t.Errorf("%d requests, %d in flight", c.requests.Load(), c.pending.Load())
				}
			}
			below := &fakeStage{
				does: func(x *exchange) (*http.Response, error) {
					inFlight()
					x.class = row.class
					return responseOf(200), row.err
				},
				ends: func(*exchange, Outcome) { inFlight() },
			}
			s, x := &counting{&c, below}, new(exchange)
			if resp, err := s.do(x); err != row.err || resp == nil {
				t.Errorf("%v, %v", resp, err)
			}
			if c.success.Load() != row.success || c.failures.Load() != row.failures {
				t.Errorf("%d successes, %d failures", c.success.Load(), c.failures.Load())
			}
			if causes := c.causes.read(); causes[row.cause] != row.failures || len(causes) != int(row.failures) {
				t.Errorf("the causes are %v", causes)
			}
			inFlight()
			s.done(x, Outcome{end: endAnswered})
			below.want(t, "do", "answered")
			if c.pending.Load() != 0 {
				t.Errorf("%d in flight", c.pending.Load())
			}
		})
	}
}

// TestAttempts: attempts are counted by the status of their response, whatever that is,
// and keep a client from counting as idle.
func TestAttempts(t *testing.T) {
	s := newAlone(t)
	stage := &attempts{s.client, counting{&s.client.stats.counters, s.below}}
	for i, status := range []int{200, 503, 100, 599, 99, 600, 0} {
		s.below.does = func(*exchange) (*http.Response, error) {
			if status == 0 {
				return nil, errFake
			}
			return responseOf(status), nil
		}
		s.begin(0)
		_, err := stage.do(s.x)
		if (err != nil) != (status == 0) {
			t.Error(err)
		}
		if used := s.client.lastUse() != 0; used != (i > 0) {
			t.Errorf("attempt %d: the client counts as used beyond the first request: %v", i, used)
		}
		stage.done(s.x, Outcome{end: endAnswered})
		s.below.want(t, "do", "answered")
	}
	stats := s.ClientStats()[0]
	if stats.Requests != 7 || stats.Pending != 0 || stats.Unanswered != 1 || len(stats.ByStatus) != 4 {
		t.Errorf("%+v", stats)
	}
	latencies := s.View().Latencies()
	for class, want := range []uint64{3, 1, 1, 0, 0, 2} { // 99, 600 and the error are of none
		got := latencies.Clients[s.client.id][class]
		if got.All.Count() != want || (len(got.Exemplars) > 0) != (want > 0) {
			t.Errorf("class %d has %d durations, exemplars %v", class, got.All.Count(), got.Exemplars)
		}
	}
	if by := latencies.Pairs; len(by) != 1 || by[0].Failures != 7 || by[0].Pending != 0 || by[0].Service != s.service.name {
		t.Errorf("by name: %+v", by)
	}
	for _, status := range []int{200, 503, 100, 599} {
		if stats.ByStatus[status] != 1 {
			t.Errorf("%d responses of status %d", stats.ByStatus[status], status)
		}
	}
}
