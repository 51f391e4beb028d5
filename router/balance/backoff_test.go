package balance_test

import (
	"testing"
	"time"

	"github.com/meshhop/meshhop/router/balance"
)

// waits returns the first n waits of a backoff.
func waits(b balance.Backoff, n int) []time.Duration {
	var all []time.Duration
	previous := time.Duration(0)
	for i := range n {
		previous = b.Wait(i, previous)
		all = append(all, previous)
	}
	return all
}

func TestConstantBackoff(t *testing.T) {
	for _, wait := range []time.Duration{0, time.Second} {
		for i, got := range waits(balance.ConstantBackoff(wait), 10) {
			if got != wait {
				t.Errorf("wait %d is %v, want %v", i, got, wait)
			}
		}
	}
	if got := balance.ConstantBackoff(-1).Wait(0, 0); got != 0 {
		t.Errorf("a negative wait is %v", got)
	}
}

// TestEqualBackoff: the base of the wait doubles, and up to as much again is random.
func TestEqualBackoff(t *testing.T) {
	backoff := must[balance.Backoff](t)(balance.NewEqualBackoff(5*time.Second, 300*time.Second))
	for range 200 {
		for i, got := range waits(backoff, 20) {
			low, high := 5*time.Second, 5*time.Second
			if i > 0 {
				low = min(5*time.Second<<(i-1), 300*time.Second)
				high = min(2*low, 300*time.Second)
			}
			if got < low || got > high {
				t.Fatalf("wait %d is %v, not from %v to %v", i, got, low, high)
			}
		}
	}
}

// TestDecorrelatedBackoffGrowsThreefold: waits reach three times the previous one.
func TestDecorrelatedBackoffGrowsThreefold(t *testing.T) {
	backoff := must[balance.Backoff](t)(balance.NewDecorrelatedBackoff(time.Second, time.Hour))
	longest := time.Duration(0)
	for range 10_000 {
		longest = max(longest, backoff.Wait(1, 10*time.Second))
	}
	if longest < 29*time.Second || longest >= 30*time.Second {
		t.Errorf("after 10 s the longest wait is %v", longest)
	}
}

// TestDecorrelatedBackoff: a wait is random, from the lowest to three times the previous
// one.
func TestDecorrelatedBackoff(t *testing.T) {
	backoff := must[balance.Backoff](t)(balance.NewDecorrelatedBackoff(time.Second, 10*time.Second))
	fell, high := false, time.Duration(0)
	for range 1000 { // of 20000 waits, some are certain to be shorter than the previous one or above 9 s
		previous := time.Second
		for i, got := range waits(backoff, 20) {
			if i == 0 && got != time.Second || got < time.Second || got > min(3*previous, 10*time.Second) {
				t.Fatalf("wait %d is %v after %v", i, got, previous)
			}
			fell = fell || got < previous
			high = max(high, got)
			previous = got
		}
	}
	for _, previous := range []time.Duration{-4e18, -1, 0} { // 3 * -4e18 overflows
		if got := backoff.Wait(1, previous); got != time.Second {
			t.Errorf("after %d the wait is %v", previous, got)
		}
	}
	if !fell || high < 9*time.Second {
		t.Errorf("waits get shorter: %v; the longest is %v", fell, high)
	}
}

// TestJitterIsUniform: the second wait lies in each quarter of its range equally
// often.
func TestJitterIsUniform(t *testing.T) {
	backoff := must[balance.Backoff]
	for name, b := range map[string]balance.Backoff{
		"equal":        backoff(t)(balance.NewEqualBackoff(4*time.Second, time.Hour)),            // 4 s to 8 s
		"decorrelated": backoff(t)(balance.NewDecorrelatedBackoff(4*time.Second, 8*time.Second)), // cut at 8 s
	} {
		const n = 4000
		var quarters [4]int
		for range n {
			quarters[int((b.Wait(1, 4*time.Second)-4*time.Second)/time.Second)%4]++
		}
		for i, got := range quarters {
			if d := float64(got) - n/4; d > deviation(n, 0.25) || -d > deviation(n, 0.25) {
				t.Errorf("%s: quarter %d has %d of %d waits", name, i, got, n)
			}
		}
	}
}

// TestFirstWaits: the first wait is the lowest, also for a count that makes no sense.
func TestFirstWaits(t *testing.T) {
	for _, b := range []balance.Backoff{
		must[balance.Backoff](t)(balance.NewEqualBackoff(time.Second, time.Hour)),
		must[balance.Backoff](t)(balance.NewDecorrelatedBackoff(time.Second, time.Hour)),
	} {
		for _, n := range []int{0, -1} {
			for range 100 {
				if got := b.Wait(n, time.Minute); got != time.Second {
					t.Fatalf("%T: wait %d is %v", b, n, got)
				}
			}
		}
	}
}

func TestBackoffErrors(t *testing.T) {
	for _, bounds := range [][2]time.Duration{{0, time.Second}, {-1, time.Second}, {2, 1}, {0, 0}} {
		if _, err := balance.NewEqualBackoff(bounds[0], bounds[1]); err == nil {
			t.Errorf("NewEqualBackoff accepts %v", bounds)
		}
		if _, err := balance.NewDecorrelatedBackoff(bounds[0], bounds[1]); err == nil {
			t.Errorf("NewDecorrelatedBackoff accepts %v", bounds)
		}
	}
	for _, b := range []balance.Backoff{
		must[balance.Backoff](t)(balance.NewEqualBackoff(time.Second, time.Second)),
		must[balance.Backoff](t)(balance.NewDecorrelatedBackoff(time.Second, time.Second)),
	} {
		for _, got := range waits(b, 10) {
			if got != time.Second {
				t.Errorf("with equal bounds the wait is %v", got)
			}
		}
	}
}
