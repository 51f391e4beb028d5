package balance_test

import (
	"net/http"
	"net/netip"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

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

// TestProbeRelapses: the success of a probe may be followed by a failure, once; that
// of another request may not.
func TestProbeRelapses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		accrual, err := balance.NewConsecutiveFailures(1)
		if err != nil {
			t.Fatal(err)
		}
		set, err := balance.NewSet(balance.SetConfig{
			NewTransport: func(resolve.Address) http.RoundTripper { return http.DefaultTransport },
			Accrual:      accrual, Backoff: balance.ConstantBackoff(time.Second),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer set.Close()
		set.Update([]resolve.Address{{AddrPort: netip.MustParseAddrPort("10.0.0.1:80"), Weight: 1}})
		endpoint := set.Endpoints()[0]

		usual := endpoint.Begin()
		usual.Report(balance.Success)
		if change := usual.Report(balance.Failure); change != (balance.Change{}) {
			t.Errorf("a second report of a usual request: %+v", change)
		}
		usual.End()
		ill := endpoint.Begin()
		ill.Report(balance.Failure)
		ill.End()
		time.Sleep(2 * time.Second)

		probe := endpoint.Begin()
		if !probe.Probe() {
			t.Fatal("no probe")
		}
		for i, want := range []struct {
			balance.Outcome
			balance.ChangeKind
		}{
			{balance.Success, balance.Revived},
			{balance.Success, balance.Unchanged},
			{balance.Ignorable, balance.Unchanged},
			{balance.Failure, balance.Removed},
			{balance.Failure, balance.Unchanged},
		} {
			if change := probe.Report(want.Outcome); change.Kind != want.ChangeKind {
				t.Errorf("report %d: %+v", i, change)
			}
		}
		probe.End()
		if stats := set.Stats(); stats.Removals != 2 || stats.Revivals != 1 || stats.Pending != 0 {
			t.Errorf("%+v", stats)
		}
	})
}
