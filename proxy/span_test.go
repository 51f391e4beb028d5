package proxy_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// wait returns the spans of the hop once there are n.
func (h *hop) wait(t testing.TB, n int) []*trace.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	records, err := h.spans.Wait(ctx, n)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

func TestSpansOfARequest(t *testing.T) {
	var backend seen
	h := startHop(t, startBackend(t, &backend))
	h.get(t)
	records := h.wait(t, 2)
	tracetest.AssertTree(t, records, `
server 127.0.0.1/4140 "http /svc/web"
  client #/fake/web "GET /"
`)
	sent, ok := ctxhdr.Trace(backend.Header)
	if !ok {
		t.Fatalf("backend got no trace: %v", backend.Header)
	}
	client := tracetest.Find(t, records, "#/fake/web", "")
	if got, _ := trace.L5d().Extract(backend.Header); got.Span != client.Span || got.Trace != client.Trace || got.Parent != client.Parent {
		t.Errorf("the header names %+v, the client span is %+v", got, client.Context)
	}
	if got := backend.Get(wire.ReqIDName); got != sent.ReqID() { // vector 8
		t.Errorf("l5d-reqid is %q, want %q", got, sent.ReqID())
	}
}

// identifierFunc is an identifier that is a function.
type identifierFunc func(*http.Request) (resolve.Path, error)

func (f identifierFunc) Identify(r *http.Request) (resolve.Path, error) { return f(r) }

// TestServerSpanIsVisible: identifiers and transports find the server span in the
// request's context.
func TestServerSpanIsVisible(t *testing.T) {
	var seen []trace.Context
	see := func(r *http.Request) { seen = append(seen, trace.FromContext(r.Context())) }
	h := startHop(t, startBackend(t, http.NotFoundHandler()), withRouter(func(c *router.Config) {
		c.Identifier = identifierFunc(func(r *http.Request) (resolve.Path, error) {
			see(r)
			return resolve.MustPath("/web"), nil
		})
		c.NewTransport = func(address resolve.Address, config router.TransportConfig) http.RoundTripper {
			return &changed{router.H1Transport(address, config), func(resp *http.Response) { see(resp.Request) }}
		}
	}))
	h.get(t)
	records := h.wait(t, 2)
	server := tracetest.Find(t, records, "127.0.0.1/4140", "")
	client := tracetest.Find(t, records, "#/fake/web", "")
	if len(seen) != 2 || seen[0] != server.Context || seen[1] != client.Context {
		t.Errorf("seen %+v, want %+v and %+v", seen, server.Context, client.Context)
	}
}

// TestAnnotations covers vector 104, for requests that are not retried.
func TestAnnotations(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		client []string
	}{
		{"vector 104: success", 200, []string{"ws", "wr"}},
		{"vector 104: a 5xx that is not retried", 500, []string{"ws", "wr", "l5d.failure"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(test.status) })))
			h.get(t)
			records := h.wait(t, 2)
			server, client := tracetest.Find(t, records, "127.0.0.1/4140", ""), tracetest.Find(t, records, "#/fake/web", "")
			if got := tracetest.Events(client); !slices.Equal(got, test.client) {
				t.Errorf("client %q, want %q", got, test.client)
			}
			if got, want := tracetest.Events(server), []string{"wr", "namer.success", "ws"}; !slices.Equal(got, want) {
				t.Errorf("server %q, want %q", got, want)
			}
			if client.Start.Before(server.Start) || client.End.After(server.End) {
				t.Errorf("the client span, %v to %v, is not inside the server's, %v to %v", client.Start, client.End, server.Start, server.End)
			}
		})
	}
}

// TestServerTags covers vector 105.
func TestServerTags(t *testing.T) {
	addr := startBackend(t, new(seen))
	h := startHop(t, addr, withDtab("/p/cat => /#/fake/web ; /svc/felix => /p/cat"))
	h.get(t, func(r *http.Request) { r.Host = "felix" }, header("l5d-dtab", "/x=>/y"))
	server := tracetest.Find(t, h.wait(t, 2), "127.0.0.1/4140", "http /svc/felix")
	for key, want := range map[string]string{
		"service": "/svc/felix", "client": "/#/fake/web", "residual": "/", "router.label": "http",
		"dtab.base": "/p/cat=>/#/fake/web;/svc/felix=>/p/cat", "dtab.local": "/x=>/y", "srv/meshhop.version": "test",
	} {
		if got := tracetest.Tags(server)[key]; got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
}

func TestFailureIsOnTheServerSpan(t *testing.T) {
	for _, test := range []struct {
		name, backend, want string
		options             []option
		spans               int
	}{
		{"no name", "", "Identification", []option{withRouter(func(c *router.Config) { c.Identifier = router.HeaderToken("x-name") })}, 1},
		{"no such name", "", "ClientAcquisition", nil, 1},
		{"nobody listens", closedAddr(t), "ClientAcquisition", nil, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := startHop(t, test.backend, test.options...)
			h.get(t)
			records := h.wait(t, test.spans)
			server := tracetest.Find(t, records, "127.0.0.1/4140", "")
			if got := tracetest.Tags(server)["io.buoyant.router.Failure"]; got != test.want {
				t.Errorf("io.buoyant.router.Failure is %q, want %q", got, test.want)
			}
		})
	}
}

// TestContinuesTheClientsTrace: the server span is a new child of the client's span,
// and keeps its sampling decision.
func TestContinuesTheClientsTrace(t *testing.T) {
	const caller = "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY=" // vector 2: span 3, trace 1, sampled
	for _, test := range []struct {
		name, sample, context string
		clear                 bool
		trace, parent         uint64 // of the server span; 0: fresh
		flags                 uint64 // of the header sent on
		spans                 int
	}{
		{name: "sampled", context: caller, trace: 1, parent: 3, flags: 6, spans: 2},
		{name: "turned off here", context: caller, sample: "0.0", flags: 2, spans: 0},
		{name: "turned on here", context: "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAI=", sample: "1.0", trace: 1, parent: 3, flags: 6, spans: 2},
		{name: "the edge starts afresh", context: caller, clear: true, flags: 6, spans: 2},
		{name: "garbage is no context", context: "garbage", flags: 6, spans: 2}, // vector 7
	} {
		t.Run(test.name, func(t *testing.T) {
			var backend seen
			h := startHop(t, startBackend(t, &backend), withProxy(func(c *proxy.Config) { c.ClearContext = test.clear }))
			h.get(t, func(r *http.Request) {
				r.Header.Set("l5d-ctx-trace", test.context)
				if test.sample != "" {
					r.Header.Set("l5d-sample", test.sample)
				}
			})
			sent, ok := ctxhdr.Trace(backend.Header)
			if !ok || sent.Flags != test.flags {
				t.Errorf("sent on %+v (%v), want flags %d", sent, ok, test.flags)
			}
			records := h.wait(t, test.spans)
			if len(records) != test.spans {
				t.Fatalf("%d spans, want %d", len(records), test.spans)
			}
			if test.spans == 0 {
				return
			}
			server := tracetest.Find(t, records, "127.0.0.1/4140", "")
			got := server.Context.L5d()
			if test.trace != 0 && (got.Trace != test.trace || got.Parent != test.parent) {
				t.Errorf("server span %+v, want trace %d and parent %d", got, test.trace, test.parent)
			}
			if test.trace == 0 && (got.Trace == 1 || server.Parent.IsValid()) {
				t.Errorf("server span %+v is not a fresh root", got)
			}
		})
	}
}

func TestClientSpanEndsWithTheBody(t *testing.T) {
	more := make(chan struct{})
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.NewResponseController(w).Flush()
		<-more
	})))
	r := request(t, h, "GET", nil)
	resp, err := client(t).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := len(h.spans.Records()); got != 0 {
		t.Errorf("%d spans before the body has ended", got)
	}
	close(more)
	h.wait(t, 2)
}

func TestHostileTraceHeaders(t *testing.T) {
	h := startHop(t, startBackend(t, new(seen)))
	for _, value := range []string{"", strings.Repeat("A", 4000), "AAAAAAAAAAA=", "\xff\xfe", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="} {
		for _, name := range []string{"l5d-ctx-trace", "l5d-sample", "l5d-ctx-deadline"} {
			if resp, body := h.get(t, func(r *http.Request) { r.Header[name] = []string{value} }); resp.StatusCode != 200 {
				t.Errorf("%s: %q: %d %s", name, value, resp.StatusCode, body)
			}
		}
	}
}
