package balance

import "testing"

// TestSlidingCounter: an event leaves the window when the window has moved by its
// length, even if nothing new is counted.
func TestSlidingCounter(t *testing.T) {
	s := slidingCounter{width: 10}
	for range 3 {
		s.add(5) // in the first slot
	}
	s.add(15) // in the second
	for now, want := range map[int64]uint64{19: 4, 20: 4, 49: 4, 50: 1, 59: 1, 60: 0, 1000: 0} {
		if got := s.sum(now); got != want {
			t.Errorf("at %d: %d, want %d", now, got, want)
		}
	}
	s.add(55) // the first slot is used again
	if got := s.sum(59); got != 2 {
		t.Errorf("%d, want 2", got)
	}
}
