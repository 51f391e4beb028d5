package trouble_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/trouble"
)

// TestTrouble: trouble is said at once, then once a minute, and once when it is over.
func TestTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lost trouble.Trouble
		happened := func(n, want uint64) {
			t.Helper()
			if times, ok := lost.Happened(n); times != want || ok != (want > 0) {
				t.Errorf("happened %d times: %d, %v; want %d", n, times, ok, want)
			}
		}
		over := func(want uint64, lasted time.Duration) {
			t.Helper()
			if total, d, ok := lost.Over(); total != want || d != lasted || ok != (want > 0) {
				t.Errorf("over: %d, %s, %v; want %d, %s", total, d, ok, want, lasted)
			}
		}
		over(0, 0)
		happened(3, 3)
		time.Sleep(time.Second)
		happened(2, 0)
		time.Sleep(trouble.Every - 2*time.Second)
		happened(1, 0)
		time.Sleep(time.Second)
		happened(1, 4)
		over(7, trouble.Every)
		over(0, 0)
		// It comes and goes: that is no reason for a line each time.
		happened(1, 0)
		over(0, 0)
		time.Sleep(trouble.Every)
		happened(1, 2)
		over(2, 0)
	})
}

// TestLines: ten lines a minute are written, and the next one says how many were not.
func TestLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines trouble.Lines
		for minute := range 3 {
			for i := range 3 * trouble.MaxLines {
				missed, ok := lines.Room()
				var want uint64
				if i == 0 && minute > 0 {
					want = 2 * trouble.MaxLines
				}
				if missed != want || ok != (i < trouble.MaxLines) {
					t.Errorf("line %d of minute %d: %v, %d missed", i, minute, ok, missed)
				}
			}
			time.Sleep(trouble.Every)
		}
	})
}
