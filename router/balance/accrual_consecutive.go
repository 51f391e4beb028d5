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

func (c consecutiveFailures) Policy() Policy { return &consecutivePolicy{limit: int64(c)} }

type consecutivePolicy struct {
	limit    int64
	failures atomic.Int64 // in a row
}

func (p *consecutivePolicy) Success() {
	if p.failures.Load() != 0 { // if it is zero, as usual, the cores keep sharing the cache line
		p.failures.Store(0)
	}
}

func (p *consecutivePolicy) Failure() bool { return p.failures.Add(1) >= p.limit }
func (p *consecutivePolicy) Revived()      { p.failures.Store(0) }
