package balancetest

import (
	"math"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/router/balance"
)

// TestBackoff checks that a backoff keeps the rules of [balance.Backoff]: its waits are
// not negative, it has no end, and many goroutines may call it at once, each at another
// place of the series.
func TestBackoff(t *testing.T, b balance.Backoff) {
	t.Run("waits are not negative", func(t *testing.T) { checkSeries(t, b, 10_000) })
	t.Run("extreme arguments", func(t *testing.T) {
		for _, n := range []int{0, 1, 2, 62, 63, 64, 65, math.MaxInt32, math.MaxInt, -1, math.MinInt} {
			for _, previous := range []time.Duration{0, 1, time.Second, time.Hour, math.MaxInt64 / 3, math.MaxInt64, -1, math.MinInt64} {
				if wait := b.Wait(n, previous); wait < 0 {
					t.Errorf("Wait(%d, %v) = %v", n, previous, wait)
				}
			}
		}
	})
	t.Run("concurrent calls", func(t *testing.T) {
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
