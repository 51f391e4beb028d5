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
// [balance.Accrual] and [balance.Policy]. It calls start for each check.
func TestAccrual(t *testing.T, start func(t *testing.T) balance.Accrual) {
	checks := []struct {
		name  string
		check func(*testing.T, balance.Accrual)
	}{
		{"endpoints do not share a policy", checkApart},
		{"a revival forgets", checkRevival},
		{"success does not allocate", checkSuccessAllocations},
		{"success may be told at any time", checkPolicyConcurrent},
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				accrual := start(t)
				if accrual.Policy() == nil {
					t.Skip("no endpoint is ever dead")
				}
				c.check(t, accrual)
			})
		})
	}
}

func checkApart(t *testing.T, a balance.Accrual) {
	first := story(a.Policy())
	if second := story(a.Policy()); second != first {
		t.Errorf("the same makes of the second endpoint\n%s\nand made of the first\n%s", second, first)
	}
}

func checkRevival(t *testing.T, a balance.Accrual) {
	policy := a.Policy()
	first := story(policy)
	policy.Revived()
	if second := story(policy); second != first {
		t.Errorf("after a revival the same makes of it\n%s\nand before it made of it\n%s", second, first)
	}
}

// story tells a policy of ten minutes, the same at each call, and says which
// failures were deadly.
func story(p balance.Policy) string {
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
