package router

import (
	"fmt"
	"time"
)

// A Budget says how many retries a service may have, or how many requeues a
// client: a share of the requests of the last while, and a few in any case
// (RetryBudget.scala). Each service has one for its retries and each client one
// for its requeues. At each replica set one more bounds the retries of all services
// together that have the same Budget, so that no number of names makes more of
// them than one name could: a retry needs the leave of both.
// The zero Budget is Linkerd's default, of 10 s, 10 retries a second and 0.2.
type Budget struct {
	ttl       time.Duration
	perSecond int
	share     float64
}

const (
	defaultBudgetTTL       = 10 * time.Second
	defaultBudgetPerSecond = 10
	defaultBudgetShare     = 0.2
	maxBudgetShare         = 1000
)

// NewBudget returns a budget in which a request counts for ttl (ttlSecs), from
// 1 s to 60 s; perSecond retries a second are there without any request
// (minRetriesPerSec); and each request allows for share retries
// (percentCanRetry, which is no percentage), from 0 to 1000. With both at zero
// nothing is ever retried.
func NewBudget(ttl time.Duration, perSecond int, share float64) (Budget, error) {
	switch {
	case ttl < time.Second || ttl > time.Minute:
		return Budget{}, fmt.Errorf("router: a budget's ttl must be from 1s to 1m, not %v", ttl)
	case perSecond < 0:
		return Budget{}, fmt.Errorf("router: a budget's retries per second must be at least 0, not %d", perSecond)
	case !(share >= 0 && share <= maxBudgetShare):
		return Budget{}, fmt.Errorf("router: a budget's share of retries must be from 0 to %d, not %v", maxBudgetShare, share)
	}
	return Budget{ttl: ttl, perSecond: perSecond, share: share}, nil
}

func (b Budget) withDefaults() Budget {
	if b.ttl != 0 {
		return b
	}
	return Budget{ttl: defaultBudgetTTL, perSecond: defaultBudgetPerSecond, share: defaultBudgetShare}
}
