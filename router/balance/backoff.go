package balance

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A Backoff is an endless series of waits. It has no state.
type Backoff interface {
	// Wait returns the wait that follows n others, the last of which was previous.
	// Both are zero for the first wait. Many goroutines may call it at once.
	Wait(n int, previous time.Duration) time.Duration
}

// ConstantBackoff always waits the same time (constant in a Linkerd configuration).
// A negative wait counts as zero.
func ConstantBackoff(wait time.Duration) Backoff { return constantBackoff(max(wait, 0)) }

type constantBackoff time.Duration

func (c constantBackoff) Wait(int, time.Duration) time.Duration { return time.Duration(c) }

// NewDecorrelatedBackoff waits lowest first, and then a random time from lowest to three
// times the previous wait, but never longer than highest (jittered in a Linkerd
// configuration; Backoff.scala). It returns an error if lowest is not above zero or
// highest is below lowest.
func NewDecorrelatedBackoff(lowest, highest time.Duration) (Backoff, error) {
	if err := checkBounds("decorrelated", lowest, highest); err != nil {
		return nil, err
	}
	return decorrelated{lowest, highest}, nil
}

type decorrelated struct{ lowest, highest time.Duration }

func (d decorrelated) Wait(n int, previous time.Duration) time.Duration {
	if n <= 0 {
		return d.lowest
	}
	upper := d.highest
	if previous < upper/3 {
		upper = 3 * max(previous, 0)
	}
	return d.lowest + randomBelow(upper-d.lowest)
}

// NewEqualBackoff waits lowest first. Each further wait is a base, which starts at lowest
// and doubles each time, plus a random time up to that base, but never longer than
// highest (Backoff.equalJittered; Linkerd's failure accrual uses it by default, from 5 to
// 300 s). It returns an error if lowest is not above zero or highest is below lowest.
func NewEqualBackoff(lowest, highest time.Duration) (Backoff, error) {
	if err := checkBounds("equal", lowest, highest); err != nil {
		return nil, err
	}
	return equalBackoff{lowest, highest}, nil
}

type equalBackoff struct{ lowest, highest time.Duration }

func (e equalBackoff) Wait(n int, _ time.Duration) time.Duration {
	if n <= 0 {
		return e.lowest
	}
	base := e.lowest
	for range n - 1 {
		if base >= e.highest/2 {
			return e.highest
		}
		base *= 2
	}
	return min(base+randomBelow(base), e.highest)
}

// randomBelow returns a random duration from zero to below d.
func randomBelow(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return rand.N(d)
}

func checkBounds(kind string, lowest, highest time.Duration) error {
	if lowest <= 0 || highest < lowest {
		return fmt.Errorf("balance: %s backoff: the bounds %v to %v are not valid", kind, lowest, highest)
	}
	return nil
}
