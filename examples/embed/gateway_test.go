package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/resolve"
)

func TestMain(m *testing.M) {
	if os.Getenv(asMain) != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

// users is a service that the mesh knows.
func users(t *testing.T) (at netip.AddrPort) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "user %s\n", r.URL.Path)
	}))
	t.Cleanup(s.Close)
	return netip.MustParseAddrPort(s.Listener.Addr().String())
}

// dtabFor leads users to a replica.
func dtabFor(at netip.AddrPort) string {
	return fmt.Sprintf("/svc/users => /$/inet/%s/%d", at.Addr(), at.Port())
}

// get returns the status and the body at url.
func get(t *testing.T, url string, header http.Header) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	r.Header.Set("User-Agent", "test")
	transport := &http.Transport{DisableCompression: true}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// exchange runs a gateway, gets path from it and returns the answer with the
// spans that the SDK exported.
func exchange(t *testing.T, dtab, path string, header http.Header) (host netip.AddrPort, status int, body string, spans tracetest.SpanStubs) {
	t.Helper()
	exported := tracetest.NewInMemoryExporter()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(exported))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- gateway(ctx, l, resolve.MustDtab(dtab), provider) }()
	host = netip.MustParseAddrPort(l.Addr().String())
	status, body = get(t, "http://"+host.String()+path, header)
	stop()
	if err := <-ended; err != nil { // no span can come any more
		t.Error(err)
	}
	spans = exported.GetSpans() // a shutdown forgets them
	if err := provider.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	return host, status, body, spans
}

func attributes(s tracetest.SpanStub) map[string]string {
	m := map[string]string{}
	for _, a := range s.Attributes {
		m[string(a.Key)] = a.Value.String()
	}
	return m
}

// The SDK's exporter gets both spans of the hop with Linkerd's tags, and with
// the attributes of OpenTelemetry's HTTP conventions.
func TestSpansReachTheSDK(t *testing.T) {
	replica := users(t)
	host, status, body, spans := exchange(t, dtabFor(replica), "/users/42?full=1", nil)
	if status != http.StatusOK || body != "user /42\n" {
		t.Fatalf("%d %q", status, body)
	}
	if len(spans) != 2 {
		t.Fatalf("%d spans: %v", len(spans), spans)
	}
	client, server := spans[0], spans[1] // in the order in which they ended
	if server.Name != "http /svc/users" || server.SpanKind != oteltrace.SpanKindServer || server.Parent.IsValid() {
		t.Errorf("server span: %v %q below %v", server.SpanKind, server.Name, server.Parent.SpanID())
	}
	if client.Name != "GET /42" || client.SpanKind != oteltrace.SpanKindClient ||
		client.Parent.SpanID() != server.SpanContext.SpanID() || client.SpanContext.TraceID() != server.SpanContext.TraceID() {
		t.Errorf("client span: %v %q below %v", client.SpanKind, client.Name, client.Parent.SpanID())
	}

	bound := "/$/inet/127.0.0.1/" + strconv.Itoa(int(replica.Port()))
	got := attributes(server)
	const random = "network.peer.port"
	if got[random] == "" {
		t.Errorf("server span: no attribute %s", random)
	}
	delete(got, random)
	want := map[string]string{
		"srv/meshhop.version": "dev", "srv/meshhop.label": "http",
		"router.label": "http", "service": "/svc/users",
		"dtab.base": resolve.MustDtab(dtabFor(replica)).String(), "dtab.local": "",
		"client": bound, "residual": "/",
		"meshhop.route": "/svc/users > " + bound + " (/svc/users=>" + bound + "); P2C",

		"http.request.method": "GET", "http.response.status_code": "200",
		"url.scheme": "http", "url.path": "/users/42", "url.query": "full=1",
		"server.address": "127.0.0.1", "server.port": strconv.Itoa(int(host.Port())),
		"client.address": "127.0.0.1", "network.peer.address": "127.0.0.1",
		"network.protocol.version": "1.1", "user_agent.original": "test",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("server span (-want +got):\n%s", diff)
	}

	want = map[string]string{
		"clnt/meshhop.version": "dev", "clnt/meshhop.label": bound[1:],
		"http.req.method": "GET", "http.req.host": host.String(), "http.req.version": "HTTP/1.1", "http.uri": "/42?full=1",
		"http.rsp.status": "200", "http.rsp.version": "HTTP/1.1",
		"http.rsp.content-length": "9", "http.rsp.content-type": "text/plain; charset=utf-8",
		"l5d.success": "1",

		"http.request.method": "GET", "http.response.status_code": "200",
		"url.full": "http://" + host.String() + "/42?full=1", "url.scheme": "http",
		"server.address": "127.0.0.1", "server.port": strconv.Itoa(int(host.Port())),
		"network.peer.address": "127.0.0.1", "network.peer.port": strconv.Itoa(int(replica.Port())),
		"network.protocol.version": "1.1", "user_agent.original": "test",
	}
	if diff := cmp.Diff(want, attributes(client)); diff != "" {
		t.Errorf("client span (-want +got):\n%s", diff)
	}
}

// A caller's trace goes on in the SDK's spans.
func TestCallersTraceGoesOn(t *testing.T) {
	caller := ctxhdr.TraceID{Trace: 1, Parent: 2, Span: 3, Flags: ctxhdr.FlagSamplingKnown | ctxhdr.FlagSampled}
	header := http.Header{}
	header.Set(ctxhdr.TraceName, caller.String())
	_, _, _, spans := exchange(t, dtabFor(users(t)), "/users/42", header)
	if len(spans) != 2 {
		t.Fatalf("%d spans: %v", len(spans), spans)
	}
	for _, s := range spans {
		if s.SpanContext.TraceID() != (oteltrace.TraceID{15: 1}) {
			t.Errorf("%q is of trace %v", s.Name, s.SpanContext.TraceID())
		}
	}
	if got := spans[1].Parent.SpanID(); got != (oteltrace.SpanID{7: 3}) {
		t.Errorf("the server span is below %v", got)
	}
}

// The program's other routes are its own and no business of the mesh.
func TestOwnRoutes(t *testing.T) {
	for _, test := range []struct {
		path   string
		status int
		body   string
	}{
		{"/healthz", http.StatusOK, "ok\n"},
		{"/other", http.StatusNotFound, "404 page not found\n"},
	} {
		if _, status, body, spans := exchange(t, "", test.path, nil); status != test.status || body != test.body || len(spans) != 0 {
			t.Errorf("%s: %d %q, %d spans", test.path, status, body, len(spans))
		}
	}
}

// Where a name leads nowhere, the caller and the span are told.
func TestUnknownName(t *testing.T) {
	_, status, _, spans := exchange(t, "", "/users/42", nil)
	if status != http.StatusBadGateway || len(spans) != 1 {
		t.Fatalf("%d, spans %v", status, spans)
	}
	got := attributes(spans[0])
	if got["io.buoyant.router.Failure"] != "ClientAcquisition" || got["http.response.status_code"] != "502" || got["error.type"] != "502" {
		t.Errorf("attributes %v", got)
	}
}
