package balance

import (
	"fmt"
	"sync/atomic"
)

// NewConsecutiveFailures marks an endpoint dead after this many failures in a row
// (io.l5d.consecutiveFailures in a Linkerd configuration;
// FailureAccrualPolicy.scala). It returns an error if failures is less than one.
func NewConsecutiveFailures(failures int) (Accrual, error) {
	if failures < 1 {
		return nil, fmt.Errorf("balance: consecutive failures must be at least 1, not %d", failures)
	}
	return consecutiveFailures(failures), nil
}

type consecutiveFailures int64

func (c consecutiveFailures) Policy() Policy { return &consecutivePolicy{bound: int64(c)} }

type consecutivePolicy struct {
	bound int64
	count atomic.Int64
}

func (p *consecutivePolicy) Success() {
	if p.count.Load() != 0 { // mostly it is, and then the line stays shared
		p.count.Store(0)
	}
}

func (p *consecutivePolicy) Failure() bool { return p.count.Add(1) >= p.bound }
func (p *consecutivePolicy) Revived()      { p.count.Store(0) }
