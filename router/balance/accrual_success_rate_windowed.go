package balance

import (
	"fmt"
	"sync/atomic"
	"time"
)

// NewWindowedSuccessRate marks an endpoint dead when its success rate, from 0 to 1,
// falls below successRate. The rate is an exponentially weighted moving average
// over a window of time. The endpoint is not marked dead before the window has passed
// since it was made or revived, nor if it had fewer than five requests within the window
// (io.l5d.successRateWindowed in a Linkerd configuration; FailureAccrualPolicy.scala).
// It returns an error if successRate is not from 0 to 1 or the window is shorter than a
// millisecond.
func NewWindowedSuccessRate(successRate float64, window time.Duration) (Accrual, error) {
	if err := checkRate("windowed success rate", successRate); err != nil {
		return nil, err
	}
	if window < time.Millisecond {
		return nil, fmt.Errorf("balance: windowed success rate: the window must be at least a millisecond, not %v", window)
	}
	return windowedAccrual{successRate, window}, nil
}

type windowedAccrual struct {
	successRate float64
	window      time.Duration
}

func (a windowedAccrual) Policy() Policy {
	p := &windowedPolicy{required: a.successRate, window: a.window, born: time.Now()}
	p.requests.width = int64(a.window) / int64(len(p.requests.slots))
	p.failures.window = float64(a.window)
	p.failures.reset()
	p.last.Store(int64(never))
	return p
}

// minRequests is the number of requests in a window below which the rate says too little.
const minRequests = 5

type windowedPolicy struct {
	required float64
	window   time.Duration
	born     time.Time
	start    atomic.Int64 // age at the last revival
	last     atomic.Int64 // age at the last observation, or never
	requests slidingCounter
	failures failureRate
}

func (p *windowedPolicy) Success() {
	now := int64(time.Since(p.born))
	p.requests.add(now)
	p.last.Store(now)
}

func (p *windowedPolicy) Failure() bool {
	now := int64(time.Since(p.born))
	p.requests.add(now)
	before := p.last.Swap(now)
	rate := 1.0
	if before == int64(never) {
		p.failures.set(float64(now), rate)
	} else {
		rate = p.failures.fail(float64(now), float64(max(now-before, 0)))
	}
	return now-p.start.Load() >= int64(p.window) && 1-rate < p.required && p.requests.sum(now) >= minRequests
}

func (p *windowedPolicy) Revived() {
	p.start.Store(int64(time.Since(p.born))) // when a window has passed from now, no earlier request is in it
	p.failures.reset()
	p.last.Store(int64(never))
}
