package balance_test

import (
	"fmt"
	"net/http"
	"net/netip"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
)

func ExampleNewEndpoint() {
	e := balance.NewEndpoint(resolve.Address{AddrPort: netip.MustParseAddrPort("10.0.0.1:80"), Weight: 1}, http.DefaultTransport)
	e.Begin()
	fmt.Println(e.Address().AddrPort, "has", e.Pending(), "request in flight")
	e.End()
	// Output: 10.0.0.1:80 has 1 request in flight
}

func ExampleP2C() {
	busy := balance.NewEndpoint(resolve.Address{Host: "busy"}, http.DefaultTransport)
	idle := balance.NewEndpoint(resolve.Address{Host: "idle"}, http.DefaultTransport)
	busy.Begin()
	picker := balance.P2C().Picker([]*balance.Endpoint{busy, idle})
	fmt.Println(picker.Pick(nil).Address().Host)
	// Output: idle
}

func ExampleWeighted() {
	full := balance.NewEndpoint(resolve.Address{Host: "full", Weight: 1}, http.DefaultTransport)
	drained := balance.NewEndpoint(resolve.Address{Host: "drained", Weight: 0}, http.DefaultTransport)
	picker := balance.Weighted(balance.P2C()).Picker([]*balance.Endpoint{full, drained})
	fmt.Println(picker.Pick(nil).Address().Host)
	// Output: full
}
