package balance_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/balance/balancetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBalancers(t *testing.T) {
	for i, kind := range kinds(t) {
		t.Run(kind.name, func(t *testing.T) {
			balancetest.TestBalancer(t, func(t *testing.T) balance.Balancer { return kinds(t)[i].balancer })
		})
		t.Run("weighted "+kind.name, func(t *testing.T) {
			balancetest.TestBalancer(t, func(t *testing.T) balance.Balancer { return balance.Weighted(kinds(t)[i].balancer) })
		})
	}
}

func TestAccruals(t *testing.T) {
	for i, kind := range accruals(t) {
		t.Run(kind.name, func(t *testing.T) {
			balancetest.TestAccrual(t, func(t *testing.T) balance.Accrual { return accruals(t)[i].Accrual })
		})
	}
}

func TestBackoffs(t *testing.T) {
	for name, b := range map[string]balance.Backoff{
		"none":         balance.ConstantBackoff(0),
		"constant":     balance.ConstantBackoff(time.Second),
		"equal":        must[balance.Backoff](t)(balance.NewEqualBackoff(5*time.Second, 300*time.Second)),
		"decorrelated": must[balance.Backoff](t)(balance.NewDecorrelatedBackoff(1, 1<<63-1)),
		"endless":      must[balance.Backoff](t)(balance.NewEqualBackoff(1, 1<<63-1)),
	} {
		t.Run(name, func(t *testing.T) { balancetest.TestBackoff(t, b) })
	}
}
