package router_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/h1"
)

// unwritten is a connection that took nothing of a request.
func unwritten() error {
	return &h1.Error{Op: "write request", Addr: "10.0.0.1:80", Err: errTest}
}

// refused is the error of a connection that could not be made.
func refused() error {
	return &h1.Error{Op: "connect", Addr: "10.0.0.1:80", Err: errors.New("connection refused")}
}

// TestRequeues: vector 110.
func TestRequeues(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fails := []bool{false, false, true, false, true}
		closed := false
		sent := 0
		f := start(t, over(func(*http.Request) (*http.Response, error) {
			if closed {
				return nil, refused()
			}
			if sent++; fails[sent-1] {
				return nil, unwritten()
			}
			return answer(200, ""), nil
		}), clientPolicy(router.ClientPolicy{RequeueBudget: budget(t, 10*time.Second, 0, 0.5), FailureAccrual: balance.NoAccrual()}),
			policy(router.ServicePolicy{Budget: budget(t, 10*time.Second, 0, 0)}))
		f.names.Bind("/web", "10.0.0.1:80")
		expect := func(about string, ok bool, want router.RetryStats) {
			t.Helper()
			_, err := f.ask(request(t, "web"))
			if (err == nil) != ok {
				t.Errorf("vector 110: %s: %v", about, err)
			}
			if got := f.ClientStats()[0].Requeues; got != want {
				t.Errorf("vector 110: %s: %+v, want %+v", about, got, want)
			}
		}
		expect("the first succeeds", true, router.RetryStats{})
		expect("the second, and there is budget", true, router.RetryStats{Budget: 1})
		expect("the third is requeued", true, router.RetryStats{Total: 1})
		expect("the fourth may not be", false, router.RetryStats{Total: 1, LimitReached: 1})
		closed = true
		expect("nobody listens", false, router.RetryStats{Total: 26, LimitReached: 1})
	})
}

// TestRequeuesOfEachClient: every replica set has a budget of its own
// (RetriesEndToEndTest, "per-client requeue policy").
func TestRequeuesOfEachClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent := map[string]int{}
		f := start(t, func(c *router.Config) {
			c.NewTransport = func(a resolve.Address, _ router.TransportConfig) http.RoundTripper {
				return canned(func(*http.Request) (*http.Response, error) {
					if sent[a.AddrPort.String()]++; sent[a.AddrPort.String()]%2 == 0 {
						return nil, unwritten()
					}
					return answer(200, ""), nil
				})
			}
			c.Clients = func(id resolve.Path) router.ClientPolicy {
				share := map[string]float64{"/#/fake/a": 1, "/#/fake/b": 0.5}[id.String()]
				return router.ClientPolicy{RequeueBudget: budget(t, 10*time.Second, 0, share)}
			}
		})
		f.names.Bind("/a", "10.0.0.1:80")
		f.names.Bind("/b", "10.0.0.2:80")
		stats := func(id string) router.RetryStats {
			for _, c := range f.ClientStats() {
				if c.ID.String() == id {
					return c.Requeues
				}
			}
			return router.RetryStats{}
		}
		f.mustAsk(t, request(t, "a"))
		for i := range uint64(10) {
			f.mustAsk(t, request(t, "a"))
			if got := stats("/#/fake/a"); got != (router.RetryStats{Total: i + 1, Budget: 1}) {
				t.Errorf("a after %d: %+v", i+1, got)
			}
		}
		for i, want := range []struct {
			ok bool
			router.RetryStats
		}{
			{true, router.RetryStats{}},
			{false, router.RetryStats{LimitReached: 1}},
			{true, router.RetryStats{LimitReached: 1, Budget: 1}},
			{true, router.RetryStats{LimitReached: 1, Total: 1}},
			{false, router.RetryStats{LimitReached: 2, Total: 1}},
			{true, router.RetryStats{LimitReached: 2, Total: 1, Budget: 1}},
			{true, router.RetryStats{LimitReached: 2, Total: 2}},
		} {
			_, err := f.ask(request(t, "b"))
			if got := stats("/#/fake/b"); got != want.RetryStats || (err == nil) != want.ok {
				t.Errorf("b after %d: %+v, %v", i+1, got, err)
			}
		}
	})
}

// TestRequeueFindsTheOther: while one of two replicas takes no connections, the
// other gets every request, of whatever kind and whatever the classifier says.
func TestRequeueFindsTheOther(t *testing.T) {
	for _, own := range []bool{true, false} {
		f := start(t, sockets, transportOf(own))
		good := backend(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Write(body)
		})
		f.names.Bind("/web", closedPort(t), good)
		for range 50 {
			r := request(t, "web")
			body := strings.Repeat("x", 100<<10) // more than is kept
			r.Method, r.Body, r.ContentLength = "POST", io.NopCloser(strings.NewReader(body)), -1
			if got := f.mustAsk(t, r); got != body {
				t.Fatalf("%d bytes came back", len(got))
			}
		}
		if s := f.ServiceStats()[0]; s.Success != 50 || s.Failures != 0 || s.Retries.Total != 0 {
			t.Errorf("%+v", s)
		}
		if c := f.ClientStats()[0]; c.Requeues.Total == 0 || c.Requests != 50+c.Requeues.Total || c.Failures != c.Requeues.Total {
			t.Errorf("%+v", c)
		}
	}
}

// TestConnectTimeoutsAreBounded: a replica that is silent is not waited for
// again and again.
func TestConnectTimeoutsAreBounded(t *testing.T) {
	for _, row := range []struct{ replicas, want int }{{1, 1}, {2, 2}, {5, 3}} {
		sent := 0
		f := start(t, over(func(*http.Request) (*http.Response, error) {
			sent++
			return nil, &h1.Error{Op: "connect", Err: &net.OpError{Op: "dial", Err: timeout{}}}
		}))
		var replicas []string
		for i := range row.replicas {
			replicas = append(replicas, fmt.Sprintf("10.0.0.%d:80", i+1))
		}
		f.names.Bind("/web", replicas...)
		if failed := f.failure(t, request(t, "web")); failed.Kind != router.ConnectFailed || len(failed.Replicas) != row.replicas || sent != row.want {
			t.Errorf("%d replicas: %v after %d attempts, want %d", row.replicas, failed, sent, row.want)
		}
	}
}

type timeout struct{}

func (timeout) Error() string   { return "timed out" }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

// TestNacks: a refusal is no answer. It is requeued for any kind of request, if
// its body is at hand, and in the end it is an error.
func TestNacks(t *testing.T) {
	long := strings.Repeat("x", 65<<10)
	for _, row := range []struct {
		name     string
		header   string
		status   int
		nacks    int64 // how often before there is an answer
		body     string
		sent     int64
		message  string // "": it is answered
		requeues router.RetryStats
	}{
		{name: "once", header: "finagle-http-nack", status: 503, nacks: 1, sent: 2, requeues: router.RetryStats{Total: 1, Budget: 99}},
		{name: "once, with a body", header: "finagle-http-nack", status: 503, nacks: 1, body: "body", sent: 2, requeues: router.RetryStats{Total: 1, Budget: 99}},
		{
			name: "always", header: "finagle-http-nack", status: 503, nacks: 1000, sent: 6,
			message:  "The request was Nacked by the server",
			requeues: router.RetryStats{Total: 5, LimitReached: 1, Budget: 95},
		},
		{
			name: "with a body that is not kept", header: "finagle-http-nack", status: 503, nacks: 1000, body: long, sent: 1,
			message:  "The request was Nacked by the server",
			requeues: router.RetryStats{NotReplayable: 1, Budget: 100},
		},
		{
			name: "for good", header: "finagle-http-nonretryable-nack", status: 503, nacks: 1000, sent: 1,
			message:  "The request was Nacked by the server and should not be retried",
			requeues: router.RetryStats{Budget: 100},
		},
		{name: "with another status it is an answer", header: "finagle-http-nack", status: 500, nacks: 1000, sent: 1, requeues: router.RetryStats{Budget: 100}},
		{name: "Retry-After is none", header: "Retry-After", status: 503, nacks: 1000, sent: 1, requeues: router.RetryStats{Budget: 100}},
	} {
		for _, own := range []bool{true, false} {
			t.Run(row.name, func(t *testing.T) {
				var sent atomic.Int64
				addr := backend(t, func(w http.ResponseWriter, r *http.Request) {
					if body, _ := io.ReadAll(r.Body); string(body) != row.body {
						t.Errorf("attempt %d has %d bytes", sent.Load(), len(body))
					}
					if sent.Add(1) > row.nacks {
						return
					}
					value := "true"
					if row.header == "Retry-After" {
						value = "0"
					}
					w.Header().Set(row.header, value)
					w.WriteHeader(row.status)
					io.WriteString(w, "Request was not processed by the server due to an error and is safe to retry")
				})
				f := start(t, sockets, transportOf(own), clientPolicy(router.ClientPolicy{FailureAccrual: balance.NoAccrual()}))
				f.names.Bind("/web", addr)
				r := request(t, "web")
				r.Method = "POST"
				if row.body != "" {
					r.Body, r.ContentLength = io.NopCloser(strings.NewReader(row.body)), int64(len(row.body))
				}
				_, err := f.ask(r)
				switch {
				case (row.message == "") != (err == nil):
					t.Errorf("%v", err)
				case err != nil:
					if failed := asError(t, err); failed.Kind != router.Nacked || failed.Err.Error() != row.message {
						t.Errorf("%v", failed)
					}
				}
				if got := sent.Load(); got != row.sent {
					t.Errorf("sent %d times, want %d", got, row.sent)
				}
				if got := f.ClientStats()[0].Requeues; got != row.requeues {
					t.Errorf("%+v, want %+v", got, row.requeues)
				}
				if s := f.Stats(); s.Pending != 0 || f.ClientStats()[0].Pending != 0 {
					t.Errorf("%+v", s)
				}
			})
		}
	}
}

// TestUnsent: what did not leave at all may be sent again by the caller, and it
// is told so.
func TestUnsent(t *testing.T) {
	for _, row := range []struct {
		name string
		err  error
		kind router.Kind
		want bool
	}{
		{"unwritten", unwritten(), router.RequestFailed, true},
		{"refused", refused(), router.ConnectFailed, true},
		{"written in part", &h1.Error{Op: "write request", Wrote: true, Err: errTest}, router.RequestFailed, false},
		{"unanswered", &h1.Error{Op: "read response", Wrote: true, WroteAll: true, Err: errTest}, router.RequestFailed, false},
		{"of another transport", errTest, router.RequestFailed, false},
	} {
		f := start(t, over(func(*http.Request) (*http.Response, error) { return nil, row.err }),
			clientPolicy(router.ClientPolicy{RequeueBudget: budget(t, time.Second, 0, 0)}))
		f.names.Bind("/web", "10.0.0.1:80")
		if failed := f.failure(t, request(t, "web")); failed.Kind != row.kind || failed.Unsent != row.want {
			t.Errorf("%s: %+v", row.name, failed)
		}
		if c := f.ClientStats()[0]; c.Unanswered != c.Requests || len(c.ByStatus) != 0 {
			t.Errorf("vector 119: %s: %+v", row.name, c)
		}
	}
}

// TestRequeueMeetsAChange: the replica set is sampled for each attempt.
func TestRequeueMeetsAChange(t *testing.T) {
	var f *fixture
	f = start(t, func(c *router.Config) {
		c.NewTransport = func(a resolve.Address, _ router.TransportConfig) http.RoundTripper {
			return canned(func(*http.Request) (*http.Response, error) {
				if a.AddrPort.Port() == 1 {
					f.names.Bind("/web", "10.0.0.1:2")
					return nil, refused()
				}
				return answer(200, a.AddrPort.String()), nil
			})
		}
	})
	f.names.Bind("/web", "10.0.0.1:1")
	if got := f.mustAsk(t, request(t, "web")); got != "10.0.0.1:2" {
		t.Errorf("answered by %s", got)
	}
}
