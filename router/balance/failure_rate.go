package balance

import (
	"fmt"
	"math"
	"sync/atomic"
)

// failureRate is an exponentially weighted moving average in which a failure is 1 and a
// success is 0. Window and stamps are in one unit, such as requests or nanoseconds. A
// success only makes the rate decay. The rate is therefore stored as the logarithm of the
// value it would have at stamp zero, and a success need not change it.
type failureRate struct {
	window float64
	log    atomic.Uint64 // bits of a float64
}

func (r *failureRate) reset() { r.log.Store(math.Float64bits(math.Inf(-1))) }

// fail adds a failure at a stamp, which is after the previous observation by the given
// amount, and returns the new rate.
func (r *failureRate) fail(stamp, after float64) float64 {
	rate := math.Exp(math.Float64frombits(r.log.Load()) - stamp/r.window)
	return r.set(stamp, rate-math.Expm1(-after/r.window))
}

// set sets the rate at a stamp and returns it.
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
