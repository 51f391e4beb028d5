package balancetest

import (
	"math"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/router/balance"
)

// TestBackoff checks that a backoff keeps the rules of [balance.Backoff]: it
// never waits less than nothing, has no end, and can be asked at once by many,
// each at another place of the series.
func TestBackoff(t *testing.T, b balance.Backoff) {
	t.Run("waits are not below zero", func(t *testing.T) { checkSeries(t, b, 10_000) })
	t.Run("odd questions are answered", func(t *testing.T) {
		for _, n := range []int{0, 1, 2, 62, 63, 64, 65, math.MaxInt32, math.MaxInt, -1, math.MinInt} {
			for _, previous := range []time.Duration{0, 1, time.Second, time.Hour, math.MaxInt64 / 3, math.MaxInt64, -1, math.MinInt64} {
				if wait := b.Wait(n, previous); wait < 0 {
					t.Errorf("it waits %v after %d waits, the last being %v", wait, n, previous)
				}
			}
		}
	})
	t.Run("many may ask at once", func(t *testing.T) {
		var workers sync.WaitGroup
		for range 8 {
			workers.Go(func() { checkSeries(t, b, 1000) })
		}
		workers.Wait()
	})
}

func checkSeries(t *testing.T, b balance.Backoff, length int) {
	previous := time.Duration(0)
	for n := range length {
		wait := b.Wait(n, previous)
		if wait < 0 {
			t.Errorf("wait %d is %v", n, wait)
			return
		}
		previous = wait
	}
}
