package proxy_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/accesslog"
	"github.com/meshhop/meshhop/internal/logtest"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// kept is what a hop records of its requests.
type kept struct {
	mu       sync.Mutex
	ended    chan proxy.Record
	attempts []proxy.Record
}

// withRecords has a hop record its requests.
func withRecords() (*kept, option) {
	k := &kept{ended: make(chan proxy.Record, 10)}
	return k, withProxy(func(c *proxy.Config) {
		c.Ended = func(r *proxy.Record) { k.ended <- *r }
		c.Attempted = func(r *proxy.Record) {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.attempts = append(k.attempts, *r)
		}
	})
}

// next is the record of the next request that ends.
func (k *kept) next(t testing.TB) proxy.Record {
	t.Helper()
	select {
	case r := <-k.ended:
		return r
	case <-time.After(10 * time.Second):
		t.Fatal("no request ended")
		return proxy.Record{}
	}
}

func (k *kept) attempted() []proxy.Record {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.attempts
}

// TestRecord: what the handler and the router know of a request is in its record.
func TestRecord(t *testing.T) {
	backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Trailer", "Grpc-Status")
		io.WriteString(w, "hello")
		w.Header().Set("Grpc-Status", "7")
	}))
	records, option := withRecords()
	hop := startHop(t, backend, option)
	before := time.Now()
	r, err := http.NewRequest("POST", hop.URL+"/a%2Fb?c=d", strings.NewReader("to you"))
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "web"
	r.Header.Set("User-Agent", "me")
	r.Header.Set("Referer", "http://there/")
	do(t, r)
	got := records.next(t)
	spans, err := hop.spans.Wait(t.Context(), 2)
	if err != nil {
		t.Fatal(err)
	}
	span := spans[slices.IndexFunc(spans, func(s *trace.Record) bool { return s.Kind == oteltrace.SpanKindServer })]
	for _, row := range []struct {
		what      string
		got, want any
	}{
		{"router", got.Router, hop.router.Label()},
		{"server", got.Server, "127.0.0.1/4140"},
		{"remote", got.Remote.Addr().String(), "127.0.0.1"},
		{"method", got.Method, "POST"},
		{"authority", got.Authority, "web"},
		{"target", got.Target, "/a%2Fb?c=d"},
		{"protocol", got.Proto, "HTTP/1.1"},
		{"user agent", got.UserAgent, "me"},
		{"referer", got.Referer, "http://there/"},
		{"bytes in", got.BytesIn, int64(6)},
		{"bytes out", got.BytesOut, int64(5)},
		{"trace", got.Trace, span.Trace},
		{"span", got.Span, span.Span},
		{"sampled", got.Sampled, true},
		{"continued", got.Continued, false},
		{"service", got.Service, "/svc/web"},
		{"sent target", got.SentTarget, ""},
		{"client", got.Client, "/#/fake/web"},
		{"endpoint", got.Endpoint, netip.MustParseAddrPort(backend)},
		{"attempts", got.Attempts, 1},
		{"again", got.Again, ""},
		{"status", got.Status, 200},
		{"gRPC status", got.GRPCStatus, "7"},
		{"left", got.Left, false},
		{"kind", got.Kind, ""},
		{"error", got.Err, ""},
	} {
		if row.got != row.want {
			t.Errorf("%s: %v, want %v", row.what, row.got, row.want)
		}
	}
	if got.Start.Before(before) || got.Bound > got.Sent || !inOrder(0, got.Bound, got.Head, got.End) || !inOrder(got.Sent, got.Head) {
		t.Errorf("times: from %s: bound %s, sent %s, head %s, end %s", got.Start, got.Bound, got.Sent, got.Head, got.End)
	}
	if n := len(records.attempted()); n != 1 {
		t.Errorf("%d attempts were told", n)
	}
	for range 2 { // a record serves again, and then knows nothing of the request before
		hop.get(t, func(r *http.Request) {
			r.Host = "nowhere"
			r.Header.Set("l5d-ctx-trace", "AAAAAAAAAAEAAAAAAAAAAgAAAAAAAAADAAAAAAAAAAY=")
		})
		if got := records.next(t); got.Client != "" || got.Endpoint.IsValid() || got.Referer != "" || got.Attempts != 0 || got.GRPCStatus != "" || got.BytesIn != 0 || !got.Continued {
			t.Errorf("a request that leads nowhere: %+v", got)
		}
	}
}

func inOrder(times ...time.Duration) bool {
	for i := range times[1:] {
		if times[i+1] <= times[i] {
			return false
		}
	}
	return true
}

// TestRecordOfFailures: a record says which step failed, and what the client was told.
func TestRecordOfFailures(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := closed.Addr().String()
	closed.Close()
	broken := rawBackend(t, func(string) string { return "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf" + closeMark })
	failing := rawBackend(t, func(string) string {
		return "HTTP/1.1 502 Bad Gateway\r\nl5d-err: of+the+next+hop\r\nContent-Length: 0\r\n\r\n"
	})
	for _, row := range []struct {
		name    string
		backend string
		change  func(*proxy.Config)
		request string
		status  int
		kind    string
		err     string // begins with
		service string
		out     bool // the client got a body
	}{
		{"no name", "", nil, "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "identification", "Unknown destination", "", true},
		{"no route", "", nil, "GET / HTTP/1.1\r\nHost: web\r\n\r\n", 502, "no replicas", "Unable to route request!", "/svc/web", true},
		{"no connection", refusing, nil, "GET / HTTP/1.1\r\nHost: web\r\n\r\n", 502, "connect", "Unable to establish connection", "/svc/web", true},
		{"a dtab that is none", "", nil, "GET / HTTP/1.1\r\nHost: web\r\nl5d-dtab: /a\r\n\r\n", 400, "dtab", "", "", true},
		{"a long line", "", nil, "GET /" + strings.Repeat("a", 5000) + " HTTP/1.1\r\nHost: web\r\n\r\n", 414, "protocol", "Request URI Too Long", "", false},
		{"a bad target", "", nil, "GET /a#b HTTP/1.1\r\nHost: web\r\n\r\n", 400, "target", "the request's target", "", true},
		{"a long way", "", nil, "GET / HTTP/1.1\r\nHost: web\r\nVia: 1.1 a" + strings.Repeat(", 1.1 a", 70) + "\r\n\r\n", 400, "depth", "Maximum number of calls", "", true},
		{"a tunnel", "", nil, "CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\n", 501, "method", "CONNECT is not supported", "", true},
		{"the edge keeps why", "", func(c *proxy.Config) { c.ClearContext = true }, "GET / HTTP/1.1\r\nHost: web\r\n\r\n", 502, "no replicas", "Unable to route request!", "/svc/web", false},
		{"a broken response", broken, nil, "GET / HTTP/1.1\r\nHost: web\r\n\r\n", 200, "response", "", "/svc/web", true},
		{"the next hop's error", failing, nil, "GET / HTTP/1.1\r\nHost: web\r\n\r\n", 502, "", "of the next hop", "/svc/web", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			records, option := withRecords()
			hop := startHop(t, row.backend, option, withProxy(func(c *proxy.Config) {
				if row.change != nil {
					row.change(c)
				}
			}))
			conn := hop.dial(t)
			if _, err := io.WriteString(conn, row.request); err != nil {
				t.Fatal(err)
			}
			got := records.next(t)
			if got.Status != row.status || got.Kind != row.kind || !strings.HasPrefix(got.Err, row.err) || got.Service != row.service || (got.BytesOut > 0) != row.out {
				t.Errorf("status %d kind %q service %q, %d bytes, error %q", got.Status, got.Kind, got.Service, got.BytesOut, got.Err)
			}
			if row.kind != "" && got.Err == "" {
				t.Error("no error says why")
			}
			if got.Target == "" || got.End <= 0 || got.Left {
				t.Errorf("target %q, end %s, left %v", got.Target, got.End, got.Left)
			}
		})
	}
}

// TestBrokenResponsesAreSaidOnce: a client that leaves again and again does not fill the
// log.
func TestBrokenResponsesAreSaidOnce(t *testing.T) {
	broken := rawBackend(t, func(string) string { return "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf" + closeMark })
	var said atomic.Int64
	records, option := withRecords()
	hop := startHop(t, broken, option, withProxy(func(c *proxy.Config) {
		c.ErrorLog = logtest.ErrorsTo(func(error) { said.Add(1) })
	}))
	for range 5 {
		conn := hop.dial(t)
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
		records.next(t)
	}
	if n := said.Load(); n != 1 {
		t.Errorf("it was said %d times", n)
	}
}

// TestRecordOfRetries (vector 365): each attempt that gets a response is told with its
// own status, and the record says at the end how many there were and why.
func TestRecordOfRetries(t *testing.T) {
	var sent atomic.Int64
	backend := startBackend(t, eachTime(&sent, 500, 200))
	records, option := withRecords()
	hop := startHop(t, backend, option, withService(router.ServicePolicy{Classifier: router.RetryableRead5XX()}))
	hop.get(t)
	got := records.next(t)
	if got.Attempts != 2 || got.Again != "status 500" || got.Status != 200 || got.Err != "" {
		t.Errorf("%d attempts, again because of %q, status %d, error %q", got.Attempts, got.Again, got.Status, got.Err)
	}
	told := records.attempted()
	if len(told) != 2 || told[0].Status != 500 || told[1].Status != 200 || told[0].Announced != "4" || told[0].Attempts != 1 || told[1].Attempts != 2 {
		t.Fatalf("attempts: %+v", told)
	}
	if told[1].Sent <= told[0].Head {
		t.Errorf("the second attempt began at %s, the response of the first at %s", told[1].Sent, told[0].Head)
	}
}

// TestRecordOfRequeues: an endpoint that refuses the connection is an attempt without a
// response.
func TestRecordOfRequeues(t *testing.T) {
	backend := startBackend(t, withStatus(200))
	records, option := withRecords()
	hop := startHop(t, "", option)
	hop.names.Bind("/web", "127.0.0.1:1", backend)
	for range 20 { // the balancer picks one of two
		hop.get(t)
		got := records.next(t)
		if got.Status != 200 || got.Endpoint.String() != backend {
			t.Fatalf("status %d of %s", got.Status, got.Endpoint)
		}
		if got.Attempts == 2 {
			if want := "connect at 127.0.0.1:1"; got.Again != want {
				t.Errorf("again because of %q, want %q", got.Again, want)
			}
			return
		}
	}
	t.Error("no request met the endpoint that refuses")
}

// leavingByReset is a transport whose connections are reset when a request is given up: a
// FIN alone is half a farewell, after which the response is still written (net/http:
// differs, there it is the same as a reset).
func leavingByReset() *http.Transport {
	return &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, addr)
		if err == nil {
			err = conn.(*net.TCPConn).SetLinger(0)
		}
		return conn, err
	}}
}

// TestRecordOfLeaving: a client that leaves is in the record, before the response as
// during it.
func TestRecordOfLeaving(t *testing.T) {
	reached := make(chan struct{}, 1)
	backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/during" {
			io.WriteString(w, "some")
			w.(http.Flusher).Flush()
		} else {
			reached <- struct{}{}
		}
		<-r.Context().Done()
	}))
	records, option := withRecords()
	hop := startHop(t, backend, option)
	for path, status := range map[string]int{"/before": 499, "/during": 200} {
		ctx, leave := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, "GET", hop.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Host = "web"
		transport := leavingByReset()
		if status == 499 {
			go func() {
				<-reached
				leave()
			}()
		}
		if resp, err := transport.RoundTrip(r); err == nil {
			leave()
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		transport.CloseIdleConnections()
		if got := records.next(t); !got.Left || got.Status != status {
			t.Errorf("%s: left %v, status %d", path, got.Left, got.Status)
		}
		leave()
	}
}

// TestRecordOfATunnel: the bytes of both directions are counted.
func TestRecordOfATunnel(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		in := bufio.NewReader(conn)
		if _, err := http.ReadRequest(in); err != nil {
			return
		}
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		line, _ := in.ReadString('\n')
		io.WriteString(conn, line+line)
	}()
	records, option := withRecords()
	hop := startHop(t, l.Addr().String(), option)
	conn := hop.dial(t)
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello\n")
	io.ReadAll(conn)
	conn.Close()
	if got := records.next(t); got.Status != 101 || got.BytesIn != 6 || got.BytesOut != 12 {
		t.Errorf("status %d, %d bytes in, %d out", got.Status, got.BytesIn, got.BytesOut)
	}
}

// TestRecordOfOverload: a request that is refused because there are too many has a
// record too.
func TestRecordOfOverload(t *testing.T) {
	arrived, leave := make(chan struct{}), make(chan struct{})
	backend := startBackend(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-leave
	}))
	records, option := withRecords()
	hop := startHop(t, backend, option, withProxy(func(c *proxy.Config) { c.MaxConcurrentRequests = 1 }))
	first := hop.dial(t)
	io.WriteString(first, "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
	<-arrived
	hop.get(t)
	if got := records.next(t); got.Status != 503 || got.Kind != "concurrency" || got.Err == "" {
		t.Errorf("status %d, kind %q, error %q", got.Status, got.Kind, got.Err)
	}
	close(leave)
	if got := records.next(t); got.Status != 200 {
		t.Errorf("the first request: status %d", got.Status)
	}
}

// TestRecordAllocations: a record costs no allocation, and neither does an access log.
func TestRecordAllocations(t *testing.T) {
	if raced {
		t.Skip("the race detector drops what is in pools")
	}
	transport := inMemory(t, make([]byte, 1024))
	measure := func(change func(*proxy.Config)) float64 {
		h := cannedHop(t, transport, 1, change)
		r, w := incoming(), &throwaway{header: http.Header{}}
		one := func() {
			clear(w.header)
			h.ServeHTTP(w, r)
		}
		for range 10_000 { // more than what waits in a queue
			one()
		}
		return testing.AllocsPerRun(1000, one)
	}
	without := measure(func(*proxy.Config) {})
	var bytes int64
	told := measure(func(c *proxy.Config) {
		c.Ended = func(r *proxy.Record) { bytes += r.BytesOut }
		c.Attempted = func(r *proxy.Record) { bytes += int64(r.Status) }
	})
	logged := measure(jsonLog(t))
	t.Logf("allocations: %v, with a record %v, with an access log in JSON %v", without, told, logged)
	if told > without || logged > without {
		t.Errorf("%v allocations with a record, %v with an access log, %v without", told, logged, without)
	}
	if bytes == 0 {
		t.Error("nothing was recorded")
	}
}

// jsonLog has a hop write an access log.
func jsonLog(tb testing.TB) func(*proxy.Config) {
	tb.Helper()
	files := accesslog.NewFiles(accesslog.Options{Stdout: io.Discard})
	log, err := files.Open(accesslog.Config{File: accesslog.FileConfig{Path: "-"}, Format: accesslog.JSON})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { log.Close(context.WithoutCancel(tb.Context())) })
	return func(c *proxy.Config) { c.Ended = log.Ended }
}

// TestRecordOfHalfClosing: a client that ends its side (FIN) after a whole request still
// gets the response, as from Linkerd, and has not left.
//
// net/http: differs. Its server takes a FIN for the end, and the hop answers 503.
func TestRecordOfHalfClosing(t *testing.T) {
	if servetest.Engine(t) == serve.NetHTTP {
		t.Skip("net/http: differs")
	}
	reached, answer := make(chan struct{}), make(chan struct{})
	records, option := withRecords()
	hop := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(reached)
		<-answer
	})), option)
	conn := hop.dial(t)
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: web\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	<-reached
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	close(answer)
	if resp, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil || resp.StatusCode != 200 {
		t.Errorf("%v, %v", resp, err)
	}
	if got := records.next(t); got.Left || got.Status != 200 {
		t.Errorf("recorded %+v", got)
	}
}
