package balance_test

import (
	"net/http"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
)

func TestPending(t *testing.T) {
	e := equal(1)[0]
	first, second := e.Begin(), e.Begin()
	if n := e.Pending(); n != 2 {
		t.Errorf("%d pending, want 2", n)
	}
	first.Report(balance.Success)
	if n := e.Pending(); n != 2 {
		t.Errorf("%d pending after a report, want 2", n)
	}
	first.End()
	second.End()
	if n := e.Pending(); n != 0 {
		t.Errorf("%d pending, want 0", n)
	}
}

// TestRetire: idle connections are closed when an endpoint leaves, and again
// when the last requests that it had chosen are over.
func TestRetire(t *testing.T) {
	transport := &idle{}
	address := resolve.Address{AddrPort: netip.MustParseAddrPort("10.0.0.1:80"), Weight: 1, Host: "a", Authority: "b", NodeName: "c"}
	e := balance.NewEndpoint(address, transport)
	if e.Address() != address || e.Transport() != transport || e.Weight() != 1 {
		t.Error("the endpoint is another")
	}
	var use balance.Use
	begin, end := func() { use = e.Begin() }, func() { use.End() }
	steps := []struct {
		about string
		do    func()
		want  int64
	}{
		{"begin", begin, 0}, {"end", end, 0}, {"begin", begin, 0}, {"retire", e.Retire, 1}, {"end", end, 2},
		{"begin late", begin, 2}, {"end late", end, 3},
	}
	for _, step := range steps {
		step.do()
		if got := transport.closed.Load(); got != step.want {
			t.Errorf("after %s closed %d times, want %d", step.about, got, step.want)
		}
	}
	plain := equal(1)[0] // its transport keeps no connections
	plain.Retire()
	ask(plain, balance.Success)
}

type idle struct {
	http.RoundTripper
	closed atomic.Int64
}

func (i *idle) CloseIdleConnections() { i.closed.Add(1) }
