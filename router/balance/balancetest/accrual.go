package balancetest

import (
	"sync/atomic"

	"github.com/meshhop/meshhop/router/balance"
)

// Accrual is a [balance.Accrual] whose policies mark an endpoint dead when the test says
// so. By default they never do.
type Accrual struct {
	markDead                     atomic.Bool
	successes, failures, revived atomic.Int64
}

// MarkDead sets whether failures mark their endpoint dead from now on.
func (a *Accrual) MarkDead(dead bool) { a.markDead.Store(dead) }

// Counts returns how many times the methods of all policies were called.
func (a *Accrual) Counts() (successes, failures, revived int64) {
	return a.successes.Load(), a.failures.Load(), a.revived.Load()
}

// Policy implements [balance.Accrual].
func (a *Accrual) Policy() balance.Policy { return policy{a} }

type policy struct{ *Accrual }

func (p policy) Success() { p.successes.Add(1) }
func (p policy) Revived() { p.revived.Add(1) }

func (p policy) Failure() bool {
	p.failures.Add(1)
	return p.markDead.Load()
}
