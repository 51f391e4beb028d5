package h1_test

import (
	"context"
	"runtime"
	"testing"
	"weak"
)

type valueKey struct{}

// TestIdleConnectionsForgetTheirRequests: a connection that waits for its next request does
// not keep what the context of the last one holds.
func TestIdleConnectionsForgetTheirRequests(t *testing.T) {
	ps := responding(t, okResponse)
	transport := to(t, ps.addr)
	ask := func() weak.Pointer[[1024]byte] {
		value := new([1024]byte)
		ctx, cancel := context.WithCancel(context.WithValue(context.Background(), valueKey{}, value))
		defer cancel()
		readAll(t, roundTrip(t, transport, newRequestWith(t, ctx, "GET", nil)))
		return weak.Make(value)
	}
	kept := ask()
	for range 100 {
		if runtime.GC(); kept.Value() == nil {
			break
		}
	}
	if kept.Value() != nil {
		t.Error("the value of the request's context is kept")
	}
	if n := ps.count.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
	runtime.KeepAlive(transport)
}
