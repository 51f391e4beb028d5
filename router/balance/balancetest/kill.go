package balancetest

import (
	"testing"

	"github.com/meshhop/meshhop/router/balance"
)

// Kill lets requests to an endpoint fail until it is dead, which it must be
// after 100000.
func Kill(t testing.TB, e *balance.Endpoint) {
	t.Helper()
	for range 100_000 {
		use := e.Begin()
		use.Report(balance.Failure)
		use.End()
		if !e.Open() {
			return
		}
	}
	t.Fatalf("%v does not die", e.Address().AddrPort)
}
