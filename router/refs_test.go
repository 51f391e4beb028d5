package router

import (
	"sync/atomic"
	"testing"
)

// TestRefs: a value that nobody holds, or that was retired, is never held again, and it
// is closed once, by whoever let go of it last.
func TestRefs(t *testing.T) {
	var r refs
	var epoch atomic.Uint64
	r.init(&epoch)
	if r.inUse() || !r.acquire() || !r.inUse() || r.retire() || r.release() {
		t.Error("a user")
	}
	if !r.look() || r.inUse() || r.retire() || r.unlook() {
		t.Error("a looker")
	}
	if !r.retire() || r.retire() || r.acquire() || r.look() {
		t.Error("after retire")
	}
	if r.users.Load() != 0 {
		t.Errorf("%d users after retire", r.users.Load())
	}
	for _, drops := range [][]func() bool{{r.release, r.release, r.unlook}, {r.unlook, r.release, r.release}} {
		r.init(&epoch)
		r.acquire()
		r.look()
		for i, drop := range drops {
			if drop() != (i == 2) {
				t.Errorf("holder %d of 3 is the last", i+1)
			}
		}
		if r.acquire() || r.look() {
			t.Error("held again after the last holder")
		}
	}
}
