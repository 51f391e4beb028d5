package router_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/h1"
)

// shortLived is a replica that answers so many requests of each connection and
// closes it under the next one, before a byte of an answer unless it says
// otherwise.
func shortLived(t testing.TB, served int, last string) (addr string, seen *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	seen = new(atomic.Int64)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for n := 0; ; n++ {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					if _, err := io.Copy(io.Discard, r.Body); err != nil {
						return
					}
					seen.Add(1)
					if n == served {
						io.WriteString(conn, last)
						return
					}
					io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return l.Addr().String(), seen
}

// TestRenewed: a request of a safe method under which a connection breaks that
// had served before, without a byte of an answer, is sent once more, within the
// requeue budget and counted as a requeue. Others are not.
func TestRenewed(t *testing.T) {
	for _, row := range []struct {
		name   string
		method string
		body   string
		served int     // requests of each connection that are answered
		last   string  // of an answer that comes all the same
		share  float64 // of the requeue budget
		ok     bool
		seen   int64 // how often it was sent
		stats  router.RetryStats
	}{
		{name: "GET", method: "GET", served: 1, share: 5, ok: true, seen: 2, stats: router.RetryStats{Total: 1}},
		{name: "HEAD", method: "HEAD", served: 1, share: 5, ok: true, seen: 2, stats: router.RetryStats{Total: 1}},
		{name: "OPTIONS", method: "OPTIONS", served: 1, share: 5, ok: true, seen: 2, stats: router.RetryStats{Total: 1}},
		{name: "TRACE", method: "TRACE", served: 1, share: 5, ok: true, seen: 2, stats: router.RetryStats{Total: 1}},
		{name: "GET with a body", method: "GET", body: "kept", served: 1, share: 5, ok: true, seen: 2, stats: router.RetryStats{Total: 1}},
		{name: "POST", method: "POST", body: "once", share: 5, served: 1, seen: 1},
		{name: "PUT", method: "PUT", body: "once", share: 5, served: 1, seen: 1},
		{name: "DELETE", method: "DELETE", share: 5, served: 1, seen: 1},
		{name: "a byte of an answer", method: "GET", share: 5, served: 1, last: "H", seen: 1},
		{name: "without a budget", method: "GET", served: 1, seen: 1, stats: router.RetryStats{LimitReached: 1}},
	} {
		t.Run(row.name, func(t *testing.T) {
			addr, seen := shortLived(t, row.served, row.last)
			f := start(t, sockets, clientPolicy(router.ClientPolicy{RequeueBudget: budget(t, 10*time.Second, 0, row.share)}))
			f.names.Bind("/web", addr)
			f.mustAsk(t, request(t, "web"))
			before := seen.Load()
			r := request(t, "web")
			if r.Method = row.method; row.body != "" {
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader(row.body)), int64(len(row.body))
			}
			_, err := f.ask(r)
			if (err == nil) != row.ok {
				t.Errorf("%v", err)
			}
			if got := seen.Load() - before; got != row.seen {
				t.Errorf("it was sent %d times, want %d", got, row.seen)
			}
			got := f.ClientStats()[0].Requeues
			got.Budget = 0
			if got != row.stats {
				t.Errorf("%+v, want %+v", got, row.stats)
			}
		})
	}
}

// TestRenewedOnce: whatever a transport says, a request is sent once more and not
// again and again.
func TestRenewedOnce(t *testing.T) {
	sent := 0
	f := start(t, over(func(*http.Request) (*http.Response, error) {
		sent++
		return nil, &h1.Error{Op: "read response", Wrote: true, WroteAll: true, Reused: true, Err: io.EOF}
	}))
	f.names.Bind("/web", "10.0.0.1:80")
	f.failure(t, request(t, "web"))
	if sent != 2 {
		t.Errorf("it was sent %d times, want 2", sent)
	}
}

// TestRenewingIsNoFailure: a replica that closes connections which have served
// is not marked dead, however many requests meet that in a row.
func TestRenewingIsNoFailure(t *testing.T) {
	addr, seen := shortLived(t, 1, "")
	f := start(t, sockets, clientPolicy(router.ClientPolicy{RequeueBudget: budget(t, 10*time.Second, 0, 5)}))
	f.names.Bind("/web", addr)
	for range 20 {
		f.mustAsk(t, request(t, "web"))
	}
	// Every second request meets a connection that has served its one: it is seen
	// there, and once more on a fresh one.
	if got := seen.Load(); got < 30 {
		t.Errorf("20 requests were seen %d times: connections do not break under them", got)
	}
	if s := f.ClientStats()[0]; s.Balance.Removals != 0 || s.Requeues.Total < 10 {
		t.Errorf("the replica was marked dead: %+v, %+v", s.Balance, s.Requeues)
	}
}
