package balancetest_test

import (
	"net/http"
	"net/netip"
	"slices"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/balance/balancetest"
)

func TestBalancerFake(t *testing.T) {
	var b balancetest.Balancer
	replicas, err := balance.NewSet(balance.SetConfig{
		NewTransport: func(resolve.Address) http.RoundTripper { return nil },
		Balancer:     &b,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer replicas.Close()
	picker := replicas.Update([]resolve.Address{
		{AddrPort: netip.MustParseAddrPort("10.0.0.1:80")},
		{AddrPort: netip.MustParseAddrPort("10.0.0.2:80")},
	})
	set := replicas.Endpoints()
	for _, step := range []struct {
		want string
		i    int
	}{{"", 0}, {"10.0.0.2:80", 1}, {"10.0.0.1:80", 0}, {"10.0.0.9:80", 0}} {
		if b.Want(step.want); picker.Pick(nil) != set[step.i] {
			t.Errorf("Pick does not return %q", step.want)
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
		t.Error("a failure marks the endpoint dead")
	}
	if a.MarkDead(true); !p.Failure() {
		t.Error("a failure does not mark the endpoint dead")
	}
	if successes, failures, revived := a.Counts(); successes != 1 || failures != 2 || revived != 1 {
		t.Errorf("%d successes, %d failures and %d revivals were counted", successes, failures, revived)
	}
}
