package balancetest

import (
	"testing"

	"github.com/meshhop/meshhop/router/balance"
)

// markDead reports a failure of the endpoint, whose accrual marks it dead then.
func markDead(t *testing.T, e *balance.Endpoint) {
	t.Helper()
	lease := e.Acquire()
	lease.Report(balance.Failure)
	lease.Done()
	if e.Open() {
		t.Fatalf("%v is still open after a failure", e.Address().AddrPort)
	}
}
