package router_test

import (
	"testing"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/balance"
)

// TestClientState: a replica set says how it balances and when an endpoint is dead, also
// where nothing says so.
func TestClientState(t *testing.T) {
	for _, row := range []struct {
		policy                     router.ClientPolicy
		balancer, accrual, backoff string
	}{
		{router.ClientPolicy{}, "P2C", "io.l5d.consecutiveFailures, 5", "doubling, 5s to 5m0s"},
		{router.ClientPolicy{Balancer: new(balance.RoundRobin), FailureBackoff: balance.ConstantBackoff(time.Second)}, "RoundRobin", "io.l5d.consecutiveFailures, 5", "constant, 1s"},
	} {
		f := start(t, func(c *router.Config) {
			c.Clients = func(resolve.Path) router.ClientPolicy { return row.policy }
		})
		f.names.Bind("/web", "10.0.0.1:80")
		f.mustAsk(t, request(t, "web"))
		s, ok := f.View().ClientState(resolve.MustPath("/#/fake/web"))
		if !ok || s.Balancer != row.balancer || s.Accrual != row.accrual || s.Backoff != row.backoff || len(s.Endpoints) != 1 {
			t.Errorf("%v %+v", ok, s)
		}
		if s, ok := f.View().ClientState(resolve.MustPath("/#/fake/other")); ok || len(s.Endpoints) > 0 {
			t.Errorf("a set that is not there: %+v", s)
		}
	}
}
