package balancetest

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/router/balance"
)

// TestAccrual checks that an accrual and its policies keep the rules of
// [balance.Accrual] and [balance.Policy]. It calls start for each check. An accrual
// whose policies are nil is skipped.
func TestAccrual(t *testing.T, start func(t *testing.T) balance.Accrual) {
	checks := []struct {
		name  string
		check func(*testing.T, balance.Accrual)
	}{
		{"policies share no state", checkIndependent},
		{"a revival resets the policy", checkRevival},
		{"success does not allocate", checkSuccessAllocations},
		{"concurrent calls", checkPolicyConcurrent},
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				accrual := start(t)
				if accrual.Policy() == nil {
					t.Skip("no endpoint is ever marked dead")
				}
				c.check(t, accrual)
			})
		})
	}
}

func checkIndependent(t *testing.T, a balance.Accrual) {
	first := replay(a.Policy())
	if second := replay(a.Policy()); second != first {
		t.Errorf("after the same requests the second policy says\n%s\nand the first said\n%s", second, first)
	}
}

func checkRevival(t *testing.T, a balance.Accrual) {
	policy := a.Policy()
	first := replay(policy)
	policy.Revived()
	if second := replay(policy); second != first {
		t.Errorf("after a revival the same requests make the policy say\n%s\nand before it said\n%s", second, first)
	}
}

// replay gives a policy ten minutes of requests, the same at each call. It returns them
// as text: a dot for a success, an f for a failure, and an x for a failure that marked
// the endpoint dead.
func replay(p balance.Policy) string {
	var b strings.Builder
	random := rand.New(rand.NewPCG(1, 2))
	for minute := range 10 {
		for range 200 {
			time.Sleep(time.Duration(random.Int64N(int64(time.Minute / 100))))
			switch {
			case random.IntN(11) > minute:
				p.Success()
				b.WriteByte('.')
			case p.Failure():
				b.WriteByte('x')
			default:
				b.WriteByte('f')
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func checkSuccessAllocations(t *testing.T, a balance.Accrual) {
	policy := a.Policy()
	policy.Failure()
	if n := testing.AllocsPerRun(1000, policy.Success); n != 0 {
		t.Errorf("a success allocates %v times", n)
	}
}

func checkPolicyConcurrent(t *testing.T, a balance.Accrual) {
	policy := a.Policy()
	var workers sync.WaitGroup
	for range 4 {
		workers.Go(func() {
			for range 500 {
				policy.Success()
			}
		})
	}
	for i := range 500 {
		if policy.Failure(); i%50 == 0 {
			policy.Revived()
		}
	}
	workers.Wait()
}
