package balance

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// A Backoff is an endless series of waits.
type Backoff interface {
	// Wait returns the wait that follows n others, of which previous was the
	// last; both are zero for the first. Many goroutines call it at once.
	Wait(n int, previous time.Duration) time.Duration
}

// ConstantBackoff always waits the same (constant in a Linkerd configuration).
// A wait below zero is none.
func ConstantBackoff(wait time.Duration) Backoff { return constantBackoff(max(wait, 0)) }

type constantBackoff time.Duration

func (c constantBackoff) Wait(int, time.Duration) time.Duration { return time.Duration(c) }

// NewDecorrelatedBackoff waits lowest first and then something from lowest up to
// three times the previous wait, but never beyond highest (jittered in a Linkerd
// configuration; Backoff.scala). Both are above zero.
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
	return d.lowest + upTo(upper-d.lowest)
}

// NewEqualBackoff waits lowest first; then half of each wait grows twofold from
// lowest on, and the other half is random. It never waits beyond highest
// (Backoff.equalJittered; what Linkerd's failure accrual does by default, from 5
// to 300 s). Both are above zero.
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
	half := e.lowest
	for range n - 1 {
		if half >= e.highest/2 {
			return e.highest
		}
		half *= 2
	}
	return min(half+upTo(half), e.highest)
}

// upTo is a random duration from zero to below d.
func upTo(d time.Duration) time.Duration {
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
