package balance

import (
	"fmt"
	"sync/atomic"
)

// NewSuccessRate marks an endpoint dead when its success rate, from 0 to 1, falls
// below successRate. The rate is an exponentially weighted moving average over the
// given number of requests. The endpoint is not marked dead before it has had that many
// requests since it was made or revived (io.l5d.successRate in a Linkerd configuration;
// FailureAccrualPolicy.scala). It returns an error if successRate is not from 0 to 1 or
// requests is below 1.
func NewSuccessRate(successRate float64, requests int) (Accrual, error) {
	if err := checkRate("success rate", successRate); err != nil {
		return nil, err
	}
	if requests < 1 {
		return nil, fmt.Errorf("balance: success rate: requests must be at least 1, not %d", requests)
	}
	return successRateAccrual{successRate, int64(requests)}, nil
}

type successRateAccrual struct {
	successRate float64
	requests    int64
}

func (a successRateAccrual) Policy() Policy {
	p := &successRatePolicy{required: a.successRate, requests: a.requests}
	p.failures.window = float64(a.requests)
	p.failures.reset()
	return p
}

type successRatePolicy struct {
	required float64
	requests int64
	count    atomic.Int64
	failures failureRate
}

func (p *successRatePolicy) Success() { p.count.Add(1) }

func (p *successRatePolicy) Failure() bool {
	n := p.count.Add(1)
	rate := 1.0
	if n == 1 {
		p.failures.set(1, rate)
	} else {
		rate = p.failures.fail(float64(n), 1)
	}
	return n >= p.requests && 1-rate < p.required
}

func (p *successRatePolicy) Revived() {
	p.count.Store(0)
	p.failures.reset()
}
