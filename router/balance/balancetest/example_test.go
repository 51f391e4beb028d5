package balancetest_test

import (
	"fmt"
	"net/http"
	"net/netip"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/balance/balancetest"
)

func Example() {
	var balancer balancetest.Balancer
	var accrual balancetest.Accrual
	set, err := balance.NewSet(balance.SetConfig{
		NewTransport: func(resolve.Address) http.RoundTripper { return http.DefaultTransport },
		Balancer:     &balancer,
		Accrual:      &accrual,
	})
	if err != nil {
		panic(err)
	}
	defer set.Close()
	picker := set.Update([]resolve.Address{
		{AddrPort: netip.MustParseAddrPort("10.0.0.1:80")},
		{AddrPort: netip.MustParseAddrPort("10.0.0.2:80")},
	})
	fmt.Println(picker.Pick(nil).Address().AddrPort)

	balancer.Want("10.0.0.2:80")
	endpoint := picker.Pick(nil)
	accrual.MarkDead(true)
	lease := endpoint.Acquire()
	fmt.Println(endpoint.Address().AddrPort, lease.Report(balance.Failure).Kind)
	lease.Done()
	// Output:
	// 10.0.0.1:80
	// 10.0.0.2:80 removed
}
