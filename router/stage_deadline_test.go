package router

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
)

// TestDeadline: what the caller, the server and the service allow is one limit for the
// stages below, the earliest.
func TestDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newAlone(t)
		defer s.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		for _, row := range []struct {
			ctx           context.Context
			server, total time.Duration
			want          limit
		}{
			{t.Context(), 0, 0, limit{}},
			{t.Context(), 0, time.Second, limit{time.Now().Add(time.Second), time.Second, TotalTimeout, false, false}},
			{t.Context(), 2 * time.Second, 4 * time.Second, limit{time.Now().Add(2 * time.Second), 2 * time.Second, ServerTimeout, false, false}},
			{ctx, 4 * time.Second, 4 * time.Second, limit{time.Now().Add(3 * time.Second), 0, DeadlineExceeded, true, false}},
		} {
			s.service.policy.TotalTimeout, s.x.local.Timeout, s.x.ctx = row.total, row.server, row.ctx
			stage := &deadline{s.service, s.below}
			s.below.does = func(x *exchange) (*http.Response, error) {
				if x.limit != row.want {
					t.Errorf("%+v, want %+v", x.limit, row.want)
				}
				return nil, x.expired()
			}
			if _, err := stage.do(s.x); err.(*Error).Kind != row.want.kind || err.(*Error).Dst != s.service.name {
				t.Error(err)
			}
			stage.done(s.x, Outcome{end: endExpired})
			s.below.want(t, "do", "expired")
		}
	})
}

// TestDeadlineInTheServerSpan: the span says by when the response must begin and what set
// that limit, and nothing for a request without one.
func TestDeadlineInTheServerSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for by, row := range map[string]struct {
			ctx           context.Context
			header        ctxhdr.Deadline
			server, total time.Duration
			after         time.Duration
		}{
			"":                          {t.Context(), ctxhdr.Deadline{}, 0, 0, 0},
			"l5d-ctx-deadline":          {t.Context(), ctxhdr.Deadline{Timestamp: now, Deadline: now.Add(1500 * time.Millisecond)}, 2 * time.Second, 0, 1500 * time.Millisecond},
			"timeoutMs":                 {t.Context(), ctxhdr.Deadline{}, 2 * time.Second, 3 * time.Second, 2 * time.Second},
			"totalTimeoutMs":            {t.Context(), ctxhdr.Deadline{}, 0, 3 * time.Second, 3 * time.Second},
			"the context of the caller": {ctx, ctxhdr.Deadline{}, 0, 3 * time.Second, time.Second},
		} {
			s := newAlone(t)
			span := s.serve()
			s.x.ctx, s.x.local.Deadline, s.x.local.Timeout, s.service.policy.TotalTimeout = row.ctx, row.header, row.server, row.total
			stage := &deadline{s.service, s.below}
			_, _ = stage.do(s.x)
			stage.done(s.x, Outcome{})
			record := s.recorded(span)
			at := ""
			if by != "" {
				at = now.Add(row.after).UTC().Format("2006-01-02T15:04:05.000000Z")
			}
			if got := tagOf(record, "meshhop.deadline.by"); got != by {
				t.Errorf("set by %q, want %q", got, by)
			}
			if got := tagOf(record, "meshhop.deadline"); got != at {
				t.Errorf("%s: the deadline is %q, want %q", by, got, at)
			}
			s.x.local.ServerSpan = nil
			_, _ = stage.do(s.x)
			s.Close()
		}
	})
}
