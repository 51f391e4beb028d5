package balancetest

import (
	"sync/atomic"

	"github.com/meshhop/meshhop/router/balance"
)

// Accrual is a [balance.Accrual] by which failures are deadly when a test says
// so.
type Accrual struct {
	deadly                       atomic.Bool
	successes, failures, revived atomic.Int64
}

// Deadly says whether the next failures are. They are not, unless told so.
func (a *Accrual) Deadly(deadly bool) { a.deadly.Store(deadly) }

// Told is what the policies were told altogether.
func (a *Accrual) Told() (successes, failures, revived int64) {
	return a.successes.Load(), a.failures.Load(), a.revived.Load()
}

// Policy returns a policy that asks a.
func (a *Accrual) Policy() balance.Policy { return policy{a} }

type policy struct{ *Accrual }

func (p policy) Success() { p.successes.Add(1) }
func (p policy) Revived() { p.revived.Add(1) }

func (p policy) Failure() bool {
	p.failures.Add(1)
	return p.deadly.Load()
}
