package router

import (
	"testing"
	"time"
)

// TestIdleTimeoutOfHTTP: the shorter of both times counts; there is no limit only where
// none is wanted.
func TestIdleTimeoutOfHTTP(t *testing.T) {
	for _, row := range []struct{ idle, session, want time.Duration }{
		{0, 0, defaultIdleTimeout},
		{0, time.Hour, time.Hour},
		{0, 1, 1},
		{-1, 0, 0},
		{-1, time.Hour, time.Hour},
		{time.Minute, 0, time.Minute},
		{time.Minute, time.Second, time.Second},
		{time.Minute, time.Hour, time.Minute},
	} {
		if got := (TransportConfig{IdleTimeout: row.idle, SessionIdleTimeout: row.session}).idleTimeout(); got != row.want {
			t.Errorf("%+v: %v", row, got)
		}
	}
}
