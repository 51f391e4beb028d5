package balance

import (
	"fmt"
	"math"
	"sync/atomic"
)

// failureRate is an exponentially weighted moving average of failures, 1 each,
// and successes, 0 each, over a window of some unit. Successes only make it
// decay. It is therefore kept as the logarithm of what it would be at stamp
// zero, which a success need not touch.
type failureRate struct {
	window float64
	log    atomic.Uint64 // bits of a float64
}

func (r *failureRate) reset() { r.log.Store(math.Float64bits(math.Inf(-1))) }

// fail counts a failure at a stamp, that much after the observation before it,
// and returns the rate.
func (r *failureRate) fail(stamp, after float64) float64 {
	rate := math.Exp(math.Float64frombits(r.log.Load()) - stamp/r.window)
	return r.set(stamp, rate-math.Expm1(-after/r.window))
}

// set says what the rate is at a stamp.
func (r *failureRate) set(stamp, rate float64) float64 {
	r.log.Store(math.Float64bits(math.Log(rate) + stamp/r.window))
	return rate
}

func checkRate(of string, rate float64) error {
	if !(rate >= 0 && rate <= 1) {
		return fmt.Errorf("balance: %s must be from 0 to 1, not %v", of, rate)
	}
	return nil
}
