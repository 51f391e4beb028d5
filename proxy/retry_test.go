package proxy_test

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/h1"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// withService sets the policy of all services, withClient of all clients.
func withService(p router.ServicePolicy) option {
	return withRouter(func(c *router.Config) { c.Services = func(resolve.Path) router.ServicePolicy { return p } })
}

func withClient(p router.ClientPolicy) option {
	return withRouter(func(c *router.Config) { c.Clients = func(resolve.Path) router.ClientPolicy { return p } })
}

// eachTime is a backend that responds to the nth request with the nth status, and to
// all further ones with the last.
func eachTime(sent *atomic.Int64, statuses ...int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := sent.Add(1)
		w.Header().Set("X-Attempt", "yes")
		w.Header().Set("X-Attempt-"+string(rune('0'+n)), "yes")
		w.WriteHeader(statuses[min(int(n), len(statuses))-1])
		io.WriteString(w, "body")
	})
}

// TestRetriesAreInTheTrace: spans tell of attempts as in vector 104, and more.
func TestRetriesAreInTheTrace(t *testing.T) {
	read := router.RetryableRead5XX()
	none, err := router.NewBudget(time.Second, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name     string
		service  router.ServicePolicy
		client   router.ClientPolicy
		statuses []int
		header   string // of the responses
		post     string
		server   []string
		attempts [][]string        // events of each
		last     map[string]string // tags of the last attempt
	}{
		{
			name: "vector 104: a 5xx that is retried", service: router.ServicePolicy{Classifier: read}, statuses: []int{500, 200},
			server:   []string{"wr", "namer.success", "finagle.retry", "ws"},
			attempts: [][]string{{"ws", "wr", "l5d.retryable"}, {"ws", "wr"}},
			last:     map[string]string{"l5d.success": "1", "meshhop.attempt": "2", "http.rsp.status": "200"},
		},
		{
			name: "with a backoff", service: router.ServicePolicy{Classifier: read, Backoff: balance.ConstantBackoff(time.Millisecond)}, statuses: []int{500, 200},
			server:   []string{"wr", "namer.success", "meshhop.backoff", "finagle.retry", "ws"},
			attempts: [][]string{{"ws", "wr", "l5d.retryable"}, {"ws", "wr"}},
		},
		{
			name: "without end", service: router.ServicePolicy{Classifier: read, MaxRetries: 1}, statuses: []int{500},
			server:   []string{"wr", "namer.success", "finagle.retry", "ws"},
			attempts: [][]string{{"ws", "wr", "l5d.retryable"}, {"ws", "wr", "l5d.retryable"}},
			last:     map[string]string{"meshhop.not_retried": "the request was retried as often as maxRetries allows", "meshhop.attempt": "2"},
		},
		{
			name: "without a budget", service: router.ServicePolicy{Classifier: read, Budget: none}, statuses: []int{500},
			server: []string{"wr", "namer.success", "ws"}, attempts: [][]string{{"ws", "wr", "l5d.retryable"}},
			last: map[string]string{"meshhop.not_retried": "the retry budget is exhausted"},
		},
		{
			name: "without time", service: router.ServicePolicy{Classifier: read, Backoff: balance.ConstantBackoff(time.Hour), TotalTimeout: time.Minute}, statuses: []int{500},
			server: []string{"wr", "namer.success", "ws"}, attempts: [][]string{{"ws", "wr", "l5d.retryable"}},
			last: map[string]string{"meshhop.not_retried": "no time would be left after the backoff of 1h0m0s"},
		},
		{
			name: "without the body", service: router.ServicePolicy{Classifier: router.RetryableAll5XX(), ReplayBytes: 3}, statuses: []int{500}, post: "body",
			server: []string{"wr", "namer.success", "ws"}, attempts: [][]string{{"ws", "wr", "l5d.retryable"}},
			last: map[string]string{"meshhop.not_retried": "the body was being sent and is too long to be kept"},
		},
		{
			name: "a refusal", statuses: []int{503, 200}, header: "finagle-http-nack",
			server:   []string{"wr", "namer.success", "ws"},
			attempts: [][]string{{"ws", "wr"}, {"Requeued Request", "ws", "wr"}},
			last:     map[string]string{"clnt/requeue_attempt": "1", "meshhop.attempt": "2"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			var sent atomic.Int64
			backend := eachTime(&sent, row.statuses...)
			h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				if row.header != "" {
					w.Header().Set(row.header, "true")
				}
				backend.ServeHTTP(w, r)
			})), withService(row.service), withClient(row.client))
			r := request(t, h, "GET", nil)
			if row.post != "" {
				r = request(t, h, "POST", strings.NewReader(row.post))
			}
			do(t, r)
			records := h.wait(t, 1+len(row.attempts))
			server := tracetest.Find(t, records, "127.0.0.1/4140", "")
			if got := tracetest.Events(server); !slices.Equal(got, row.server) {
				t.Errorf("server %q, want %q", got, row.server)
			}
			var attempts []*trace.Record
			for _, record := range records {
				if record == server {
					continue
				}
				attempts = append(attempts, record)
				if record.Parent != server.Span || !record.Peer.IsValid() {
					t.Errorf("an attempt is not below the server's span, or has no peer: %+v", record)
				}
			}
			slices.SortFunc(attempts, func(a, b *trace.Record) int { return a.Start.Compare(b.Start) })
			var events [][]string
			for _, a := range attempts {
				of := tracetest.Events(a)
				if at := slices.Index(of, "ws"); row.post != "" && at > 0 {
					// A body goes out in a goroutine of its own, which may say so last.
					of = slices.Insert(slices.Delete(of, at, at+1), 0, "ws")
				}
				events = append(events, of)
			}
			if diff := cmp.Diff(row.attempts, events); diff != "" {
				t.Errorf("attempts (-want +got):\n%s", diff)
			}
			last := attempts[len(attempts)-1]
			for key, want := range row.last {
				if got := tracetest.Tags(last)[key]; got != want {
					t.Errorf("%s of the last attempt is %q, want %q", key, got, want)
				}
			}
			if row.header != "" {
				if got := tracetest.Tags(attempts[0])["clnt/requeue_exc"]; !strings.Contains(got, "The request was Nacked by the server") {
					t.Errorf("clnt/requeue_exc is %q", got)
				}
			}
		})
	}
}

// TestRetriedResponsesLeaveNothing: the client sees nothing of a response after which
// the request was retried, whether a retry succeeds or not.
func TestRetriedResponsesLeaveNothing(t *testing.T) {
	for _, row := range []struct {
		name     string
		statuses []int
		status   int
		header   []string
	}{
		{"then a response", []int{500, 200}, 200, []string{"X-Attempt-2"}},
		{"then another failure", []int{500, 501, 502}, 502, []string{"X-Attempt-3"}},
	} {
		var sent atomic.Int64
		h := startHop(t, startBackend(t, eachTime(&sent, row.statuses...)), withService(router.ServicePolicy{Classifier: router.RetryableRead5XX(), MaxRetries: 2}))
		resp, body := h.get(t)
		if resp.StatusCode != row.status || body != "body" || len(resp.Header.Values("X-Attempt")) != 1 || len(resp.Header.Values("Content-Length")) != 1 {
			t.Errorf("%s: %d %q %v", row.name, resp.StatusCode, body, resp.Header)
		}
		for _, name := range []string{"X-Attempt-1", "X-Attempt-2", "X-Attempt-3"} {
			if got := resp.Header.Get(name) != ""; got != slices.Contains(row.header, name) {
				t.Errorf("%s: %s is there: %v", row.name, name, got)
			}
		}
	}
	answered := false
	addr := rawBackend(t, func(string) string {
		if answered {
			return "rubbish\r\n\r\n" + closeMark
		}
		answered = true
		return "HTTP/1.1 500 Sorry\r\nX-Attempt-1: yes\r\nContent-Length: 0\r\n\r\n"
	})
	h := startHop(t, addr, withService(router.ServicePolicy{Classifier: router.RetryableRead5XX()}))
	resp, _ := h.get(t)
	if resp.StatusCode != 502 || resp.Header.Get("X-Attempt-1") != "" || resp.Header.Get(ctxhdr.ErrName) == "" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
}

// TestLimitsAreAnswered: each limit has a status and a message (vector 100).
func TestLimitsAreAnswered(t *testing.T) {
	const forOne = " while waiting for a response for an individual request, excluding retries. Remote Info: "
	for _, row := range []struct {
		name    string
		options []option
		header  func() string
		status  int
		message string // its beginning
		server  bool   // the server's span has finagle.timeout, or the client's
	}{
		{
			name: "vector 100: an attempt", options: []option{withClient(router.ClientPolicy{AttemptTimeout: 250 * time.Millisecond})},
			status: 503, message: "exceeded 250.milliseconds to #/fake/web" + forOne + "Upstream Address: /127.0.0.1:",
		},
		{
			name: "vector 100: all attempts", options: []option{withService(router.ServicePolicy{TotalTimeout: 250 * time.Millisecond})}, server: true,
			status: 503, message: "exceeded 250.milliseconds to /svc/web while waiting for a response for the request, including retries (if applicable). Remote Info: Not Available",
		},
		{
			name: "the server", options: []option{withProxy(func(c *proxy.Config) { c.Timeout = 250 * time.Millisecond })}, server: true,
			status: 503, message: "exceeded 250.milliseconds to 127.0.0.1/4140" + forOne + "Not Available",
		},
		{
			name: "the deadline", header: func() string { return deadlineIn(250 * time.Millisecond) }, server: true,
			status: 504, message: "exceeded the deadline of the request (l5d-ctx-deadline) while waiting for a response of #/fake/web at 127.0.0.1:",
		},
		{
			name: "a deadline that has passed", header: func() string { return "1000000000 2000000000" }, server: true,
			status: 504, message: "exceeded the deadline of the request (l5d-ctx-deadline) while waiting for a response of /svc/web",
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := startHop(t, startBackend(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })), row.options...)
			resp, body := h.get(t, func(r *http.Request) {
				if row.header != nil {
					r.Header.Set("l5d-ctx-deadline", row.header())
				}
			})
			if resp.StatusCode != row.status || !strings.HasPrefix(body, row.message) {
				t.Errorf("%d %s", resp.StatusCode, body)
			}
			if got, err := ctxhdr.DecodeErr(resp.Header.Get(ctxhdr.ErrName)); err != nil || got != body {
				t.Errorf("l5d-err says %q (%v)", got, err)
			}
			if resp.Header.Get(ctxhdr.RetryableName) != "" || resp.Header.Get(wire.SuccessClassName) != "" {
				t.Errorf("headers %v", resp.Header)
			}
			server := tracetest.Find(t, h.wait(t, 1), "127.0.0.1/4140", "")
			if got := slices.Contains(tracetest.Events(server), "finagle.timeout"); got != row.server {
				t.Errorf("the server's span has %q", tracetest.Events(server))
			}
			if !row.server {
				client := tracetest.Find(t, h.wait(t, 2), "#/fake/web", "")
				if got := tracetest.Events(client); !slices.Equal(got, []string{"ws", "finagle.timeout", "l5d.failure"}) {
					t.Errorf("the client's span has %q", got)
				}
			}
			if s := h.server.Stats(); s.Failures != 1 || s.Success != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

func deadlineIn(d time.Duration) string {
	return ctxhdr.Deadline{Timestamp: time.Now(), Deadline: time.Now().Add(d)}.String()
}

// TestDeadlineThroughTwoHops: each hop passes on what is left of the deadline, and when
// nothing is left, no connection is made.
func TestDeadlineThroughTwoHops(t *testing.T) {
	var asked atomic.Int64
	left := make(chan time.Duration, 1)
	gone := make(chan struct{}, 1)
	world := startBackend(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		d, _ := ctxhdr.Deadlines(r.Header)
		left <- time.Until(d.Deadline)
		<-r.Context().Done()
		gone <- struct{}{}
	}))
	second := startHop(t, world)
	first := startHop(t, second.addr)
	began := time.Now()
	resp, _ := first.get(t, header("l5d-ctx-deadline", deadlineIn(500*time.Millisecond)))
	if resp.StatusCode != 504 || resp.Header.Get(ctxhdr.ErrName) == "" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	if took := time.Since(began); took < 500*time.Millisecond {
		t.Errorf("answered after %v", took)
	}
	if d := <-left; d <= 0 || d > 500*time.Millisecond {
		t.Errorf("the service has %v left", d)
	}
	<-gone // it was let go

	resp, _ = first.get(t, header("l5d-ctx-deadline", "1000000000 2000000000"))
	if resp.StatusCode != 504 || asked.Load() != 1 || second.server.Stats().Requests > 1 {
		t.Errorf("%d; the service was asked %d times, and the second hop %d", resp.StatusCode, asked.Load(), second.server.Stats().Requests)
	}
}

// TestNacksBetweenHops: a hop understands the nack of an overloaded hop: it sends the
// request to another endpoint, and if there is none the client gets Linkerd's message.
func TestNacksBetweenHops(t *testing.T) {
	release, busy := make(chan struct{}), make(chan struct{}, 10)
	defer close(release)
	backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Stay") != "" {
			busy <- struct{}{}
			<-release
		}
		io.Copy(w, r.Body)
	}))
	limited := startHop(t, backend, withProxy(func(c *proxy.Config) { c.MaxConcurrentRequests = 1 }))
	go func() {
		r := request(t, limited, "GET", nil)
		r.Header.Set("X-Stay", "yes")
		if resp, err := client(t).Do(r); err == nil {
			resp.Body.Close()
		}
	}()
	<-busy
	free := startHop(t, backend)
	first := startHop(t, "")
	first.names.Bind("/web", limited.addr, free.addr)
	for range 20 {
		if resp, body := do(t, request(t, first, "POST", strings.NewReader("hello"))); resp.StatusCode != 200 || body != "hello" {
			t.Fatalf("%d %s", resp.StatusCode, body)
		}
	}
	first.names.Bind("/web", limited.addr)
	resp, body := first.get(t)
	if resp.StatusCode != 502 || body != "The request was Nacked by the server" || resp.Header.Get(ctxhdr.ErrName) == "" {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if resp.Header.Get("Finagle-Http-Nack") != "" || resp.Header.Get("Retry-After") != "" || resp.Header.Get(ctxhdr.RetryableName) != "" {
		t.Errorf("%v", resp.Header)
	}
}

// TestUnsentIsRetryable covers vector 99.
func TestUnsentIsRetryable(t *testing.T) {
	none, err := router.NewBudget(time.Second, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name string
		err  error
		want string
	}{
		{"vector 99", &h1.Error{Op: "write request", Err: errors.New("broken pipe")}, "true"},
		{"maybe seen", &h1.Error{Op: "read response", Wrote: true, WroteAll: true, Err: io.EOF}, ""},
		{"refused", &h1.Error{Op: "connect", Err: io.EOF}, ""},
	} {
		h := startHop(t, "127.0.0.1:1", withClient(router.ClientPolicy{RequeueBudget: none}), withRouter(func(c *router.Config) {
			c.NewTransport = func(resolve.Address, router.TransportConfig) http.RoundTripper { return outOfOrder{row.err} }
		}))
		resp, _ := h.get(t)
		if got := resp.Header.Get("l5d-retryable"); resp.StatusCode != 502 || got != row.want {
			t.Errorf("%s: %d, l5d-retryable %q", row.name, resp.StatusCode, got)
		}
	}
}

type outOfOrder struct{ err error }

func (f outOfOrder) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// TestClassesCount: a hop counts failures as the classifier of the next hop says
// (vectors 103 and 139).
func TestClassesCount(t *testing.T) {
	var sent atomic.Int64
	for _, row := range []struct {
		name       string
		classifier router.Classifier
		backend    http.Handler
		class      string
		service    [2]uint64 // successes and failures
		client     [2]uint64
		server     [2]uint64
	}{
		{"vector 139", router.RetryableRead5XX(), eachTime(&sent, 500, 200), "1.0", [2]uint64{1, 0}, [2]uint64{1, 1}, [2]uint64{1, 0}},
		{"vector 103", nil, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), "", [2]uint64{0, 1}, [2]uint64{0, 1}, [2]uint64{0, 1}},
		{"a failure", nil, withStatus(500), "0.0", [2]uint64{0, 1}, [2]uint64{0, 1}, [2]uint64{0, 1}},
		{"a failure that counts as none", router.AllSuccessful(), withStatus(500), "1.0", [2]uint64{1, 0}, [2]uint64{1, 0}, [2]uint64{1, 0}},
		{"a success", nil, withStatus(404), "1.0", [2]uint64{1, 0}, [2]uint64{1, 0}, [2]uint64{1, 0}},
	} {
		for _, clear := range []bool{false, true} {
			sent.Store(0)
			h := startHop(t, startBackend(t, row.backend), withService(router.ServicePolicy{Classifier: row.classifier}),
				withProxy(func(c *proxy.Config) { c.ClearContext = clear }))
			resp, _ := h.get(t)
			if got := resp.Header.Get("l5d-success-class"); !clear && got != row.class {
				t.Errorf("%s: l5d-success-class %q", row.name, got)
			}
			h.wait(t, 2)
			service, client := h.router.ServiceStats()[0], h.router.ClientStats()[0]
			if got := [2]uint64{service.Success, service.Failures}; got != row.service {
				t.Errorf("%s: the service has %v", row.name, got)
			}
			if got := [2]uint64{client.Success, client.Failures}; got != row.client {
				t.Errorf("%s: the client has %v", row.name, got)
			}
			server := h.server.Stats()
			for server.Requests == 0 { // it is counted after the response has left
				server = h.server.Stats()
			}
			if got := [2]uint64{server.Success, server.Failures}; got != row.server {
				t.Errorf("%s: the server has %v", row.name, got)
			}
		}
	}
}

func withStatus(status int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}

// TestBodiesAreSentAgain: a retry sends the body as it came, with its trailers, also if
// the client waits for a 100.
func TestBodiesAreSentAgain(t *testing.T) {
	for _, row := range []struct{ name, head, body, want string }{
		{"of known length", "Content-Length: 5\r\n", "hello", "hello"},
		{"chunked", "Transfer-Encoding: chunked\r\n", "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", "hello"},
		{"with a trailer", "Transfer-Encoding: chunked\r\nTrailer: X-End\r\n", "5\r\nhello\r\n0\r\nX-End: now\r\n\r\n", "hello now"},
		{"asked for first", "Content-Length: 5\r\nExpect: 100-continue\r\n", "hello", "hello"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var sent atomic.Int64
			h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				if got := strings.TrimSpace(string(body) + " " + r.Trailer.Get("X-End")); got != row.want {
					t.Errorf("attempt %d has %q", sent.Load()+1, got)
				}
				if sent.Add(1) < 3 {
					w.WriteHeader(500)
				}
			})), withService(router.ServicePolicy{Classifier: router.RetryableAll5XX()}))
			head, _ := h.exchange(t, "POST / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n"+row.head+"\r\n"+row.body)
			head = strings.TrimPrefix(head, "HTTP/1.1 100 Continue\r\n\r\n")
			if !strings.Contains(head, "HTTP/1.1 200") && !strings.Contains(head, "100 Continue") || sent.Load() != 3 {
				t.Errorf("%d attempts, then %s", sent.Load(), head)
			}
		})
	}
}
