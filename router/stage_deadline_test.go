package router

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
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
			{t.Context(), 0, time.Second, limit{time.Now().Add(time.Second), time.Second, TotalTimeout, false}},
			{t.Context(), 2 * time.Second, 4 * time.Second, limit{time.Now().Add(2 * time.Second), 2 * time.Second, ServerTimeout, false}},
			{ctx, 4 * time.Second, 4 * time.Second, limit{time.Now().Add(3 * time.Second), 0, DeadlineExceeded, true}},
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
