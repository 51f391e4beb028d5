package router_test

import (
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// TestDeadSet: of a replica set whose one replica refuses connections, Linkerd
// makes 5 in the first request, after which the set is dead, and from then on 1 in
// each request, with one span.
func TestDeadSet(t *testing.T) {
	for _, replicas := range [][]string{{"10.0.0.1:1"}, {"10.0.0.1:1", "10.0.0.2:1"}} {
		synctest.Test(t, func(t *testing.T) {
			hop, spans := tracing(t)
			connects := 0
			f := start(t, over(func(*http.Request) (*http.Response, error) {
				connects++
				return nil, refused()
			}), func(c *router.Config) { c.Hop = hop })
			defer f.Close()
			f.names.Bind("/web", replicas...)
			for i, want := range []int{5 * len(replicas), 1, 1, 1} {
				connects = 0
				before := len(spans.Records())
				failed := f.failure(t, request(t, "web"))
				if failed.Kind != router.ConnectFailed || len(failed.Replicas) != len(replicas) {
					t.Errorf("%v", failed)
				}
				if connects != want {
					t.Errorf("request %d of %d replicas: %d connects, want %d", i+1, len(replicas), connects, want)
				}
				records := spans.Records()[before:]
				if len(records) != 1 {
					t.Fatalf("request %d: %d client spans, want 1", i+1, len(records))
				}
				tags := tracetest.Tags(records[0])
				if got := tags["meshhop.connect_failures"]; got != text(want) {
					t.Errorf("request %d: %s failures by the span, want %d", i+1, got, want)
				}
				if tags["meshhop.not_retried"] != "no endpoint of the replica set is alive" || tags["meshhop.attempt"] != "" {
					t.Errorf("request %d: tags %v", i+1, tags)
				}
			}
			c := f.ClientStats()[0]
			want := uint64(5*len(replicas) + 3)
			if c.Requests != want || c.Failures != want || c.Pending != 0 || c.Balance.Pending != 0 ||
				c.Requeues.Total != want-4 || c.Requeues.NoneAlive != 4 {
				t.Errorf("%+v", c)
			}
			time.Sleep(time.Minute) // they are to be probed: one connect each
			connects = 0
			f.failure(t, request(t, "web"))
			if connects != len(replicas) {
				t.Errorf("%d connects to probe %d replicas", connects, len(replicas))
			}
		})
	}
}

func text(n int) string { return strconv.Itoa(n) }

// TestRefusedThenAnswered: connections that could not be made have no span of
// their own: the attempt that was made in the end tells of them.
func TestRefusedThenAnswered(t *testing.T) {
	hop, spans := tracing(t)
	refuses := 0
	var seen http.Header
	f := start(t, over(func(r *http.Request) (*http.Response, error) {
		if refuses--; refuses >= 0 {
			return nil, refused()
		}
		seen = r.Header.Clone()
		return answer(200, ""), nil
	}), func(c *router.Config) { c.Hop = hop })
	f.names.Bind("/web", "10.0.0.1:1", "10.0.0.2:1")
	refuses = 3
	f.mustAsk(t, request(t, "web"))
	records := spans.Records()
	if len(records) != 1 {
		t.Fatalf("spans\n%s", tracetest.Format(records))
	}
	tags := tracetest.Tags(records[0])
	if tags["meshhop.connect_failures"] != "3" || tags["l5d.success"] != "1" || tags["error"] != "" || tags["meshhop.attempt"] != "" {
		t.Errorf("tags %v", tags)
	}
	if got := seen.Get("l5d-reqid"); got == "" {
		t.Errorf("headers %v", seen)
	}
	if c := f.ClientStats()[0]; c.Requests != 4 || c.Failures != 3 || c.Success != 1 || c.Pending != 0 || c.Balance.Pending != 0 {
		t.Errorf("%+v", c)
	}
}

// TestRefusedTooLong: the span of refused connections also ends where the time is
// up before a further one.
func TestRefusedTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hop, spans := tracing(t)
		f := start(t, over(func(*http.Request) (*http.Response, error) {
			time.Sleep(300 * time.Millisecond)
			return nil, refused()
		}), func(c *router.Config) { c.Hop = hop }, policy(router.ServicePolicy{TotalTimeout: time.Second}),
			clientPolicy(router.ClientPolicy{FailureAccrual: balance.NoAccrual()}))
		defer f.Close()
		f.names.Bind("/web", "10.0.0.1:1")
		if _, err := f.ask(request(t, "web")); !is(err, router.TotalTimeout) {
			t.Errorf("%v", err)
		}
		records := spans.Records()
		if len(records) != 1 {
			t.Fatalf("spans\n%s", tracetest.Format(records))
		}
		if tags := tracetest.Tags(records[0]); tags["error"] != "true" || tags["meshhop.connect_failures"] != "3" {
			t.Errorf("tags %v", tags)
		}
	})
}

// TestDeadSetOverSockets counts what arrives at a port that is closed at once.
func TestDeadSetOverSockets(t *testing.T) {
	var arrived atomic.Int64
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	l.Close()
	f := start(t, sockets, func(c *router.Config) {
		own := router.H1Transport
		c.NewTransport = func(a resolve.Address, config router.TransportConfig) http.RoundTripper {
			inner := own(a, config)
			return canned(func(r *http.Request) (*http.Response, error) {
				arrived.Add(1)
				return inner.RoundTrip(r)
			})
		}
	})
	f.names.Bind("/web", addr)
	for range 10 {
		f.failure(t, request(t, "web"))
	}
	if arrived.Load() != 14 {
		t.Errorf("%d connects in 10 requests, want 5 and then 1 each", arrived.Load())
	}
}
