package proxy_test

import (
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// TestRenewedIsInTheTrace: a GET that is sent again because its connection broke is a
// requeue, with a span of its own.
func TestRenewedIsInTheTrace(t *testing.T) {
	var requests atomic.Int64
	addr := rawBackend(t, func(string) string {
		if requests.Add(1) == 2 {
			return closeMark
		}
		return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	})
	h := startHop(t, addr)
	h.get(t)
	h.wait(t, 2)
	if resp, _ := h.get(t); resp.StatusCode != 200 {
		t.Fatal(resp.Status)
	}
	records := h.wait(t, 5)
	var attempts []*trace.Record
	for _, record := range records {
		if record.Service == "#/fake/web" {
			attempts = append(attempts, record)
		}
	}
	slices.SortFunc(attempts, func(a, b *trace.Record) int { return a.Start.Compare(b.Start) })
	if len(attempts) != 3 {
		t.Fatalf("%d attempts of two requests, want 3", len(attempts))
	}
	if cause := tracetest.Tags(attempts[1])["clnt/requeue_exc"]; !strings.Contains(cause, "EOF") {
		t.Errorf("clnt/requeue_exc is %q", cause)
	}
	if got := tracetest.Events(attempts[2]); !slices.Equal(got, []string{"Requeued Request", "ws", "wr"}) {
		t.Errorf("the attempt that got a response has %q", got)
	}
	if attempts[1].Peer == attempts[2].Peer && attempts[1].Local == attempts[2].Local {
		t.Error("both went out on the same connection")
	}
	if c := h.router.ClientStats()[0]; c.Requeues.Total != 1 || c.Requests != 3 {
		t.Errorf("%+v", c)
	}
}

// TestKeepAliveRace: no GET fails because an endpoint closes connections as requests
// arrive on them.
func TestKeepAliveRace(t *testing.T) {
	const callers, each = 8, 1500
	if testing.Short() {
		t.Skip("takes eight seconds")
	}
	const idle = 5 * time.Millisecond
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") }))
	s.Config.IdleTimeout = idle
	s.Start()
	defer s.Close()
	h := startHop(t, s.Listener.Addr().String())
	var failed atomic.Int64
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			for range each {
				resp, err := client.Do(request(t, h, "GET", nil))
				if err != nil {
					t.Error(err)
					return
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode != http.StatusOK {
					failed.Add(1)
					t.Logf("%s: %s", resp.Status, resp.Header.Get("l5d-err"))
				}
				time.Sleep(idle - time.Millisecond + rand.N(2*time.Millisecond))
			}
		})
	}
	wg.Wait()
	stats := h.router.ClientStats()[0]
	t.Logf("%d of %d GETs were sent once more", stats.Requeues.Total, callers*each)
	if n := failed.Load(); n > 0 {
		t.Errorf("%d of %d GETs failed", n, callers*each)
	}
}
