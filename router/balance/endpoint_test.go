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
	first, second := e.Acquire(), e.Acquire()
	if n := e.Pending(); n != 2 {
		t.Errorf("%d pending, want 2", n)
	}
	first.Report(balance.Success)
	if n := e.Pending(); n != 2 {
		t.Errorf("%d pending after a report, want 2", n)
	}
	first.Done()
	second.Done()
	if n := e.Pending(); n != 0 {
		t.Errorf("%d pending, want 0", n)
	}
}

// TestRetiredEndpoints: when an endpoint leaves its set, idle connections are closed,
// and again after each request that was in flight or picked the endpoint late.
func TestRetiredEndpoints(t *testing.T) {
	transport := &idleCounter{}
	address := resolve.Address{AddrPort: netip.MustParseAddrPort("10.0.0.1:80"), Weight: 1, Host: "a", Authority: "b", NodeName: "c"}
	set := newSet(t, func(c *balance.SetConfig) {
		c.NewTransport = func(resolve.Address) http.RoundTripper { return transport }
	})
	set.Update([]resolve.Address{address})
	e := set.Endpoints()[0]
	if e.Address() != address || e.Transport() != transport {
		t.Errorf("the endpoint has the address %+v and the transport %v", e.Address(), e.Transport())
	}
	var lease balance.Lease
	acquire, done := func() { lease = e.Acquire() }, func() { lease.Done() }
	leave := func() { set.Update(nil) }
	steps := []struct {
		about string
		do    func()
		want  int64
	}{
		{"a request started", acquire, 0}, {"it was done", done, 0}, {"another started", acquire, 0},
		{"the endpoint left", leave, 1}, {"the request was done", done, 2},
		{"a late request started", acquire, 2}, {"it was done", done, 3},
	}
	for _, step := range steps {
		step.do()
		if got := transport.closed.Load(); got != step.want {
			t.Errorf("after %s, idle connections were closed %d times, want %d", step.about, got, step.want)
		}
	}
	plain := newSet(t) // with transports that keep no connections
	plain.Update(addresses(1))
	e = plain.Endpoints()[0]
	plain.Update(nil)
	send(e, balance.Success)
}

// idleCounter counts calls of CloseIdleConnections.
type idleCounter struct {
	http.RoundTripper
	closed atomic.Int64
}

func (i *idleCounter) CloseIdleConnections() { i.closed.Add(1) }

// TestProbeRelapses: the success of a probe may be followed by one failure. The success
// of any other request may not.
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

		usual := endpoint.Acquire()
		usual.Report(balance.Success)
		if change := usual.Report(balance.Failure); change != (balance.Change{}) {
			t.Errorf("the second report of a usual request changed %+v", change)
		}
		usual.Done()
		markDead(t, endpoint)
		time.Sleep(2 * time.Second)

		probe := endpoint.Acquire()
		if !probe.Probe() {
			t.Fatal("the request is not a probe")
		}
		for i, want := range []struct {
			outcome balance.Outcome
			change  string
		}{
			{balance.Success, "revived"},
			{balance.Success, ""},
			{balance.Ignorable, ""},
			{balance.Failure, "removed"},
			{balance.Failure, ""},
		} {
			if change := probe.Report(want.outcome); change.Kind != want.change {
				t.Errorf("report %d changed %+v, want %q", i, change, want.change)
			}
		}
		probe.Done()
		if stats := set.Stats(); stats.Removals != 2 || stats.Revivals != 1 || stats.Pending != 0 {
			t.Errorf("%+v", stats)
		}
	})
}
