package balancetest_test

import (
	"net/netip"
	"slices"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/balance/balancetest"
)

func TestBalancerFake(t *testing.T) {
	var b balancetest.Balancer
	var set []*balance.Endpoint
	for _, hostPort := range []string{"10.0.0.1:80", "10.0.0.2:80"} {
		set = append(set, balance.NewEndpoint(resolve.Address{AddrPort: netip.MustParseAddrPort(hostPort)}, nil))
	}
	picker := b.Picker(set)
	for _, step := range []struct {
		want string
		i    int
	}{{"", 0}, {"10.0.0.2:80", 1}, {"10.0.0.1:80", 0}, {"10.0.0.9:80", 0}} {
		if b.Want(step.want); picker.Pick(nil) != set[step.i] {
			t.Errorf("wanting %q, it picks another", step.want)
		}
	}
	if sets := b.Sets(); len(sets) != 1 || !slices.Equal(sets[0], set) {
		t.Errorf("%v", sets)
	}
}

func TestAccrualFake(t *testing.T) {
	balancetest.TestAccrual(t, func(*testing.T) balance.Accrual { return &balancetest.Accrual{} })
	var a balancetest.Accrual
	p := a.Policy()
	p.Success()
	p.Revived()
	if p.Failure() {
		t.Error("a failure was deadly")
	}
	if a.Deadly(true); !p.Failure() {
		t.Error("a failure was not deadly")
	}
	if successes, failures, revived := a.Told(); successes != 1 || failures != 2 || revived != 1 {
		t.Errorf("told of %d, %d and %d", successes, failures, revived)
	}
}
