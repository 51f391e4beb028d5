package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"
)

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// start serves an app until stop, which waits for its end.
func start(t *testing.T, c config, spans trace.Sink) (addr string, stop func()) {
	t.Helper()
	c.listen = "127.0.0.1:0"
	a, err := newApp(c, spans)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.serve(ctx) }()
	return a.addr, func() {
		t.Helper()
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// curl is http_proxy=<addr> curl -s http://web; it may be called from any
// goroutine.
func curl(t *testing.T, addr string) {
	t.Helper()
	proxy := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: addr})}
	defer proxy.CloseIdleConnections()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://web", nil)
	if err != nil {
		t.Error(err)
		return
	}
	resp, err := proxy.RoundTrip(r)
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || string(body) != "web, b, c\n" {
		t.Errorf("%s %q, %v", resp.Status, body, err)
	}
}

// oneTree is what a request for web must look like.
const oneTree = `
	server mesh "mesh /svc/web"
	  client #/here/web "GET /"
	    server mesh "mesh /svc/b"
	      client #/here/b "GET /"
	    server mesh "mesh /svc/c"
	      client #/here/c "GET /"
`

func TestOneTree(t *testing.T) {
	var rec tracetest.Recorder
	addr, stop := start(t, config{forward: true}, &rec)
	curl(t, addr)
	stop() // no span can come any more
	spans := rec.Records()
	tracetest.AssertTree(t, spans, oneTree)

	kinds := map[oteltrace.SpanKind]int{}
	for _, s := range spans {
		kinds[s.Kind]++
		if s.Trace != spans[0].Trace {
			t.Errorf("span %q is of another trace", s.Name)
		}
	}
	if diff := cmp.Diff(map[oteltrace.SpanKind]int{oteltrace.SpanKindServer: 3, oteltrace.SpanKindClient: 3}, kinds); diff != "" {
		t.Errorf("kinds (-want +got):\n%s", diff)
	}
	c := tracetest.Find(t, spans, "mesh", "mesh /svc/b")
	e := tracetest.Find(t, spans, "mesh", "mesh /svc/c")
	if c.End.After(e.Start) {
		t.Errorf("the call to b ended at %v, after that to c had started at %v", c.End, e.Start)
	}
}

// A service that does not forward breaks the trace: each of its calls starts a
// trace of its own.
func TestBrokenContext(t *testing.T) {
	var rec tracetest.Recorder
	addr, stop := start(t, config{forward: false}, &rec)
	curl(t, addr)
	stop()
	spans := rec.Records()
	tracetest.AssertTree(t, spans, `
		server mesh "mesh /svc/web"
		  client #/here/web "GET /"
		server mesh "mesh /svc/b"
		  client #/here/b "GET /"
		server mesh "mesh /svc/c"
		  client #/here/c "GET /"
	`)
	traces := map[oteltrace.TraceID]int{}
	for _, s := range spans {
		traces[s.Trace]++
	}
	if len(traces) != 3 || len(spans) != 6 {
		t.Errorf("%d spans in %d traces, want 6 in 3", len(spans), len(traces))
	}
	for id, n := range traces {
		if n != 2 {
			t.Errorf("trace %v has %d spans, want 2", id, n)
		}
	}
}

// holding keeps the request whose first span ends under way until it may go on.
type holding struct {
	trace.Sink
	reached, release chan struct{}
}

func (h holding) Add(r *trace.Record) {
	if r.Service == "#/here/b" {
		close(h.reached)
		<-h.release
	}
	h.Sink.Add(r)
}

// A request that is under way when the program is told to end gets its answer,
// although it has yet to come through the mesh again.
func TestDrains(t *testing.T) {
	var rec tracetest.Recorder
	spans := holding{&rec, make(chan struct{}), make(chan struct{})}
	addr, stop := start(t, config{forward: true}, spans)
	answered, stopped := make(chan struct{}), make(chan struct{})
	go func() { defer close(answered); curl(t, addr) }()
	<-spans.reached
	go func() { defer close(stopped); stop() }()
	for { // until the front door is shut
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			break
		}
		conn.Close()
	}
	close(spans.release)
	<-answered
	<-stopped
	tracetest.AssertTree(t, rec.Records(), oneTree)
}

func TestDirectoryIsANamer(t *testing.T) {
	resolvetest.TestNamer(t, func(*testing.T) resolvetest.Subject {
		return resolvetest.Subject{
			Namer:   directory{"web": fakeAddr(1)},
			Exists:  resolve.MustPath("/web"),
			Missing: resolve.MustPath("/nobody"),
		}
	})
}
