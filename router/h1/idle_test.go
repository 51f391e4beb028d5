package h1_test

import (
	"testing"
	"time"

	"github.com/meshhop/meshhop/router/h1"
)

// TestMinIdle: how many of five idle connections are open later.
func TestMinIdle(t *testing.T) {
	const minute = time.Minute
	for _, c := range []struct {
		name   string
		config h1.Config
		open   [6]int // now, and after 1, 2, ... minutes
	}{
		{"none", h1.Config{IdleTimeout: 2 * minute}, [6]int{5, 5, 0, 0, 0, 0}},
		{"two for ever", h1.Config{IdleTimeout: 2 * minute, MinIdle: 2}, [6]int{5, 5, 2, 2, 2, 2}},
		{"two by default", h1.Config{MinIdle: 2}, [6]int{5, 5, 2, 2, 2, 2}},
		{"more than there are connections", h1.Config{IdleTimeout: minute, MinIdle: 9}, [6]int{5, 5, 5, 5, 5, 5}},
		{"two for SessionIdleTimeout", h1.Config{IdleTimeout: minute, SessionIdleTimeout: 4 * minute, MinIdle: 2}, [6]int{5, 2, 2, 2, 0, 0}},
		{"SessionIdleTimeout is the shorter one", h1.Config{IdleTimeout: 4 * minute, SessionIdleTimeout: minute, MinIdle: 2}, [6]int{5, 0, 0, 0, 0, 0}},
		{"SessionIdleTimeout alone", h1.Config{SessionIdleTimeout: 3 * minute}, [6]int{5, 5, 5, 0, 0, 0}},
		{"SessionIdleTimeout with no IdleTimeout", h1.Config{IdleTimeout: -1, SessionIdleTimeout: 3 * minute}, [6]int{5, 5, 5, 0, 0, 0}},
		{"MaxIdle below MinIdle", h1.Config{IdleTimeout: minute, MaxIdle: 1, MinIdle: 2}, [6]int{1, 1, 1, 1, 1, 1}},
		{"two until their lifetime", h1.Config{IdleTimeout: minute, MinIdle: 2, MaxLifetime: 3*minute + 5*time.Second}, [6]int{5, 2, 2, 2, 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, c.config, func(t *testing.T, f *far, transport *h1.Transport) {
				var calls []*call
				for range 5 {
					calls = append(calls, start(t, transport))
				}
				for _, call := range calls { // all become idle at the same moment
					readAll(t, call.resp)
					call.cancel()
				}
				settle()
				for i, want := range c.open {
					if open, _, _ := f.now(); open != want {
						t.Errorf("%d connections after %d minutes, want %d", open, i, want)
					}
					time.Sleep(minute)
					settle()
				}
			})
		})
	}
}

// TestSparedConnectionServes: one of the MinIdle connections serves a request however long
// it was idle.
func TestSparedConnectionServes(t *testing.T) {
	bubble(t, h1.Config{IdleTimeout: time.Minute, MinIdle: 1}, func(t *testing.T, f *far, transport *h1.Transport) {
		for range 3 {
			start(t, transport).finish(t)
			time.Sleep(24 * time.Hour)
		}
		if _, _, made := f.now(); made != 1 {
			t.Errorf("%d connections made", made)
		}
	})
}

// TestLifetimeEndsInUse: a connection that gets older than MaxLifetime during an
// exchange is closed when the exchange ends.
func TestLifetimeEndsInUse(t *testing.T) {
	bubble(t, h1.Config{MaxLifetime: time.Minute}, func(t *testing.T, f *far, transport *h1.Transport) {
		call := start(t, transport)
		time.Sleep(2 * time.Minute)
		readAll(t, call.resp)
		if s := transport.Stats(); s.Open != 0 || s.Idle != 0 {
			t.Errorf("at the end of the exchange: %+v", s)
		}
		call.cancel()
	})
}

// TestSparedConnectionsAreTheLastUsed: MinIdle spares the connection used last. Another one
// is closed at IdleTimeout, although a sweep was scheduled for the later end of its
// lifetime.
func TestSparedConnectionsAreTheLastUsed(t *testing.T) {
	bubble(t, h1.Config{IdleTimeout: time.Minute, MinIdle: 1, MaxLifetime: time.Hour}, func(t *testing.T, f *far, transport *h1.Transport) {
		first := start(t, transport)
		second := start(t, transport)
		first.finish(t) // schedules a sweep for the end of its lifetime
		second.finish(t)
		time.Sleep(2 * time.Minute)
		if s := transport.Stats(); s.Open != 1 || s.Idle != 1 {
			t.Errorf("%+v", s)
		}
	})
}
