package router_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// seen makes every replica one that keeps the headers and the host of the last
// request.
func seen(host *string, header *http.Header) func(*router.Config) {
	return over(func(r *http.Request) (*http.Response, error) {
		*host, *header = r.Host, r.Header.Clone()
		return answer(200, ""), nil
	})
}

func TestDestinationHeaders(t *testing.T) {
	for _, test := range []struct {
		vector   string
		about    string
		path     string
		incoming http.Header
		want     http.Header
	}{
		{vector: "28", about: "with a residual", path: "/freedom/residual", want: http.Header{
			"L5d-Dst-Service": {"/svc/freedom/residual"}, "L5d-Dst-Client": {"/#/fake/freedom"}, "L5d-Dst-Residual": {"/residual"}}},
		{vector: "28", about: "without a residual", path: "/freedom", want: http.Header{
			"L5d-Dst-Service": {"/svc/freedom"}, "L5d-Dst-Client": {"/#/fake/freedom"}}},
		{about: "a stranger's words are replaced", path: "/freedom", want: http.Header{
			"L5d-Dst-Service": {"/svc/freedom"}, "L5d-Dst-Client": {"/#/fake/freedom"}},
			incoming: http.Header{"L5d-Dst-Service": {"/a", "/b"}, "L5d-Dst-Client": {"/a"}, "L5d-Dst-Residual": {"/a"}}},
		{about: "also those in lower case", path: "/freedom/residual", want: http.Header{
			"L5d-Dst-Service": {"/svc/freedom/residual"}, "L5d-Dst-Client": {"/#/fake/freedom"}, "L5d-Dst-Residual": {"/residual"}},
			incoming: http.Header{"l5d-dst-service": {"/a"}, "l5d-dst-client": {"/a"}, "l5d-dst-residual": {"/a"}}},
	} {
		title := test.about
		if test.vector != "" {
			title = "vector " + test.vector + ": " + title
		}
		t.Run(title, func(t *testing.T) {
			var host string
			var header http.Header
			f := start(t, seen(&host, &header), func(c *router.Config) { c.Identifier = router.HeaderPath("x-path") })
			f.names.Bind("/freedom", "10.0.0.1:80")
			r := request(t, "web")
			for name, values := range test.incoming {
				r.Header[name] = values
			}
			r.Header.Set("x-path", test.path)
			f.mustAsk(t, r)
			got := http.Header{}
			for name, values := range header {
				if strings.HasPrefix(strings.ToLower(name), "l5d-dst-") {
					got[name] = values
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAuthority: a replica can want another Host; its answer names the
// caller's again.
func TestAuthority(t *testing.T) {
	for _, test := range []struct {
		vector          string
		about           string
		authority       string
		host, want      string
		location, moved string
	}{
		{"46", "a Refresh", "acme.co", "monkeys", "acme.co", "5; url=http://acme.co/bar", "5; url=http://monkeys/bar"},
		{"", "none", "", "monkeys", "monkeys", "http://acme.co/bar", "http://acme.co/bar"},
		{"", "another site", "acme.co", "monkeys", "acme.co", "http://else.where/bar", "http://else.where/bar"},
	} {
		t.Run("vector "+test.vector+": "+test.about, func(t *testing.T) {
			var host string
			f := start(t, over(func(r *http.Request) (*http.Response, error) {
				host = r.Host
				return answer(302, "", "Refresh", test.location, "Location", test.location, "Link", "acme.co"), nil
			}))
			a := address("10.0.0.1:80", 1)
			a.Authority = test.authority
			f.names.SetReplicas("/monkeys", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Addresses: []resolve.Address{a}}})
			resp, err := f.RoundTrip(request(t, test.host))
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if host != test.want || resp.Header.Get("Refresh") != test.moved || resp.Header.Get("Location") != test.moved || resp.Header.Get("Link") != "acme.co" {
				t.Errorf("sent to %s, answered %v", host, resp.Header)
			}
		})
	}
}

// tracing is a hop that samples everything and records it.
func tracing(t testing.TB) (*trace.Hop, *tracetest.Recorder) {
	t.Helper()
	spans := new(tracetest.Recorder)
	sampler, err := trace.NewSampler(1)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: spans, Sampler: sampler})
	if err != nil {
		t.Fatal(err)
	}
	hop := trace.NewHop(trace.HopConfig{TracerProvider: provider, Version: "test"})
	return hop, spans
}

const (
	callerTrace    = "AAAAAAAAAAIAAAAAAAAAAQAAAAAAAAABAAAAAAAAAAY=" // trace 1, parent 1, span 2, sampled
	callerDeadline = "1000000000 4000000000000000000"               // 1970 to 2096
)

// TestServiceWithARouter is a service that remembers context by
// ctxhdr.Middleware and calls others by a router of its own: dtab, deadline,
// trace and what else there is go on.
func TestServiceWithARouter(t *testing.T) {
	for _, test := range []struct {
		about   string
		call    func(f http.RoundTripper) http.RoundTripper
		own     http.Header // what the service puts into its request
		dtab    string
		residue string // of l5d-ctx-thing
	}{
		{"the router alone", nil, nil, "/svc/web=>/#/fake/other", "a,b"},
		{"below ctxhdr.Transport", func(f http.RoundTripper) http.RoundTripper { return ctxhdr.Transport(f) }, nil, "/svc/web=>/#/fake/other", "a,b"},
		{"with a header of its own", nil, http.Header{"L5d-Ctx-Thing": {"c"}}, "/svc/web=>/#/fake/other", "c"},
		{"with an override of its own", nil, http.Header{"L5d-Dtab": {"/x => /y"}}, "/svc/web=>/#/fake/other;/x=>/y", "a,b"},
		{"with a dtab of its own", nil, http.Header{"l5d-ctx-dtab": {"/svc/web=>/#/fake/third"}}, "/svc/web=>/#/fake/third", "a,b"},
	} {
		t.Run(test.about, func(t *testing.T) {
			hop, spans := tracing(t)
			var host string
			var header http.Header
			f := start(t, seen(&host, &header), func(c *router.Config) { c.Hop = hop })
			f.names.Bind("/other", "10.0.0.1:80")
			f.names.Bind("/third", "10.0.0.1:80")
			var transport http.RoundTripper = f
			if test.call != nil {
				transport = test.call(f)
			}
			service := ctxhdr.Middleware(http.HandlerFunc(func(w http.ResponseWriter, in *http.Request) {
				r, err := http.NewRequestWithContext(in.Context(), "GET", "http://web/", nil)
				if err != nil {
					t.Error(err)
					return
				}
				for name, values := range test.own {
					r.Header[name] = values
				}
				resp, err := transport.RoundTrip(r)
				if err != nil {
					t.Error(err)
					return
				}
				resp.Body.Close()
			}))
			in := httptest.NewRequest("GET", "/", nil)
			in.Header.Set("l5d-ctx-trace", callerTrace)
			in.Header.Set("l5d-ctx-deadline", callerDeadline)
			in.Header.Set("l5d-ctx-dtab", "/svc/web => /#/fake/other")
			in.Header["L5d-Ctx-Thing"] = []string{"a", "b"}
			service.ServeHTTP(httptest.NewRecorder(), in)

			if got := header.Values("l5d-ctx-dtab"); !slices.Equal(got, []string{test.dtab}) {
				t.Errorf("dtab %q", got)
			}
			if got := header.Values("l5d-dtab"); got != nil {
				t.Errorf("l5d-dtab %q is sent on", got)
			}
			expectDeadline(t, header, time.Unix(0, 4e18))
			if got := strings.Join(header.Values("l5d-ctx-thing"), ","); got != test.residue {
				t.Errorf("thing %q", got)
			}
			id, ok := ctxhdr.Trace(header)
			if !ok || id.Trace != 1 || id.Parent != 2 || id.Span == 2 {
				t.Errorf("trace %+v", id)
			}
			if records := spans.Records(); len(records) != 1 || records[0].Kind != oteltrace.SpanKindClient || records[0].Name != "GET /" {
				t.Errorf("spans\n%s", tracetest.Format(records))
			}
		})
	}
}

// TestSpanInContext: a span that the service itself made is the parent of the
// client span, and is otherwise left alone: only the hop's own server span is
// told where a request went.
func TestSpanInContext(t *testing.T) {
	hop, spans := tracing(t)
	var host string
	var header http.Header
	f := start(t, seen(&host, &header), func(c *router.Config) { c.Hop = hop })
	f.names.Bind("/web", "10.0.0.1:80")
	ctx, span := (*hopspan.Hop)(hop).StartServer(t.Context(), http.Header{}, hopspan.ServerStart{Service: "me"})
	span.SetName("mine")
	r := with(ctx, request(t, "web"))
	r.Header.Set("l5d-ctx-trace", callerTrace) // older than the span
	f.mustAsk(t, r)
	f.failure(t, with(ctx, request(t, "nobody")))
	hopspan.EndServer(span, 200)
	records := spans.Records()
	mine := tracetest.Find(t, records, "me", "mine")
	if tags := tracetest.Tags(mine); tags["service"] != "" || tags["io.buoyant.router.Failure"] != "" {
		t.Errorf("tags %v", tags)
	}
	if child := tracetest.Find(t, records, "#/fake/web", "GET /"); child.Parent != mine.Span || child.Trace != mine.Trace {
		t.Errorf("the client span is no child of the service's: %+v", child)
	}
}

// TestServerSpan: the hop's own server span learns names, or what failed.
func TestServerSpan(t *testing.T) {
	for _, test := range []struct {
		vector string
		host   string
		want   map[string]string
		events []string
	}{
		{vector: "105", host: "felix", events: []string{"wr", "namer.success", "ws"}, want: map[string]string{
			"router.label": "mesh", "service": "/svc/felix", "client": "/#/fake/cat", "residual": "/", "dtab.local": "/x=>/y",
			"dtab.base": "/svc=>/#/fake;/svc/felix=>/p/cat;/p=>/#/fake"}},
		{host: "nobody", events: []string{"wr", "ws"}, want: map[string]string{
			"router.label": "mesh", "service": "/svc/nobody", "io.buoyant.router.Failure": "ClientAcquisition"}},
		{host: "", events: []string{"wr", "ws"}, want: map[string]string{"io.buoyant.router.Failure": "Identification", "service": ""}},
		{host: "empty", events: []string{"wr", "namer.success", "ws"}, want: map[string]string{
			"service": "/svc/empty", "client": "/#/fake/empty", "io.buoyant.router.Failure": "ClientAcquisition"}},
		{host: "refusing", events: []string{"wr", "namer.success", "ws"}, want: map[string]string{
			"service": "/svc/refusing", "client": "/#/fake/refusing", "io.buoyant.router.Failure": "ClientAcquisition"}},
		{host: "breaking", events: []string{"wr", "namer.success", "ws"}, want: map[string]string{
			"service": "/svc/breaking", "client": "/#/fake/breaking", "io.buoyant.router.Failure": "Service"}},
	} {
		title := test.host
		if test.vector != "" {
			title = "vector " + test.vector + ": " + title
		}
		t.Run(title, func(t *testing.T) {
			hop, spans := tracing(t)
			f := start(t, func(c *router.Config) {
				answers := c.NewTransport
				c.NewTransport = func(a resolve.Address, config router.TransportConfig) http.RoundTripper {
					switch a.AddrPort.Port() {
					case 1:
						return canned(func(*http.Request) (*http.Response, error) { return nil, refused() })
					case 2:
						return canned(func(*http.Request) (*http.Response, error) { return nil, errTest })
					}
					return answers(a, config)
				}
				c.Hop, c.Label = hop, "mesh"
				c.Dtab = resolve.MustDtab("/svc=>/#/fake;/svc/felix=>/p/cat;/p=>/#/fake")
			})
			f.names.Bind("/cat", "10.0.0.1:80")
			f.names.Bind("/empty")
			f.names.Bind("/refusing", "10.0.0.1:1")
			f.names.Bind("/breaking", "10.0.0.1:2")
			ctx, span := (*hopspan.Hop)(hop).StartServer(t.Context(), http.Header{}, hopspan.ServerStart{Service: "server", Router: "mesh"})
			local := &inbound.Request{ServerSpan: span}
			local.SetDtab(resolve.MustDtab("/x => /y"))
			r := request(t, "x")
			r.Host, r.URL.Host = test.host, test.host
			f.ask(with(&inbound.Context{Context: ctx, Request: local}, r))
			hopspan.EndServer(span, 200)
			server := tracetest.Find(t, spans.Records(), "server", "")
			tags := tracetest.Tags(server)
			for key, want := range test.want {
				if tags[key] != want {
					t.Errorf("tag %s is %q, want %q", key, tags[key], want)
				}
			}
			if diff := cmp.Diff(test.events, tracetest.Events(server)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// TestClientSpan has the order of events over a real connection (the client's
// part of vector 104).
func TestClientSpan(t *testing.T) {
	for _, test := range []struct {
		vector string
		status int
		events []string
		tag    string
	}{
		{"104", 200, []string{"ws", "wr"}, "1"},
		{"104", 500, []string{"ws", "wr", "l5d.failure"}, ""},
	} {
		t.Run("vector "+test.vector+": "+http.StatusText(test.status), func(t *testing.T) {
			hop, spans := tracing(t)
			f := start(t, sockets, func(c *router.Config) { c.Hop = hop })
			addr := backend(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(test.status) })
			f.names.Bind("/web", addr)
			f.mustAsk(t, request(t, "web"))
			client := tracetest.Find(t, spans.Records(), "#/fake/web", "GET /")
			if diff := cmp.Diff(test.events, tracetest.Events(client)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if got := tracetest.Tags(client)["l5d.success"]; got != test.tag {
				t.Errorf("l5d.success %q", got)
			}
			if client.Peer.String() != addr || !client.Local.IsValid() {
				t.Errorf("from %s to %s", client.Local, client.Peer)
			}
		})
	}
}

// TestProxied: of what a proxy sends its context counts, not the headers that are
// still there, and they are not changed.
func TestProxied(t *testing.T) {
	var host string
	var header http.Header
	f := start(t, seen(&host, &header))
	f.names.Bind("/web", "10.0.0.1:80")
	local := &inbound.Request{Deadline: mustDeadline(t, callerDeadline)}
	r := &http.Request{Method: "GET", Host: "web", URL: &url.URL{Scheme: "http", Host: "web"}, Header: http.Header{
		"L5d-Dtab": {"not a dtab"}, "L5d-Sample": {"1"}, "L5d-Ctx-Deadline": {"1 1"},
	}}
	before := r.Header.Clone()
	resp, err := f.RoundTrip(with(&inbound.Context{Context: t.Context(), Request: local}, r))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if diff := cmp.Diff(before, r.Header); diff != "" {
		t.Errorf("the proxy's header (-want +got):\n%s", diff)
	}
	expectDeadline(t, header, time.Unix(0, 4e18))
	if header.Get("l5d-dtab") != "" || header.Get("l5d-sample") != "" {
		t.Errorf("headers %v", header)
	}
}

func mustDeadline(t testing.TB, text string) ctxhdr.Deadline {
	t.Helper()
	d, ok := ctxhdr.Deadlines(http.Header{"L5d-Ctx-Deadline": {text}})
	if !ok {
		t.Fatalf("%q is no deadline", text)
	}
	return d
}

// expectDeadline checks that a request has one deadline, written a moment ago.
func expectDeadline(t testing.TB, header http.Header, at time.Time) {
	t.Helper()
	values := header.Values("l5d-ctx-deadline")
	if len(values) != 1 {
		t.Errorf("deadlines %q", values)
		return
	}
	d := mustDeadline(t, values[0])
	if off := d.Deadline.Sub(at).Abs(); off > time.Millisecond {
		t.Errorf("deadline %v is off by %v", d.Deadline, off)
	}
	if age := time.Since(d.Timestamp); age < 0 || age > time.Minute {
		t.Errorf("the deadline was set %v ago", age)
	}
}

// TestUnreadDeadlineStays: a deadline that does not parse is sent on as it is.
func TestUnreadDeadlineStays(t *testing.T) {
	var host string
	var header http.Header
	f := start(t, seen(&host, &header))
	f.names.Bind("/web", "10.0.0.1:80")
	r := request(t, "web")
	r.Header.Set("l5d-ctx-deadline", "soon")
	f.mustAsk(t, r)
	if got := header.Get("l5d-ctx-deadline"); got != "soon" {
		t.Errorf("deadline %q", got)
	}
}

// TestNamesOnTheWire: Linkerd's headers are written in lower case, once.
func TestNamesOnTheWire(t *testing.T) {
	addr, heads := wire(t)
	f := start(t, sockets)
	f.names.Bind("/web", addr)
	r := request(t, "web")
	r.Header.Set("l5d-ctx-dtab", "/x=>/y")
	r.Header.Set("l5d-ctx-thing", "a")
	r.Header["l5d-dst-service"] = []string{"/stale"}
	r.Header.Set("X-Other", "b")
	f.mustAsk(t, r)
	head := <-heads
	for _, line := range []string{
		"Host: web", "l5d-dst-service: /svc/web", "l5d-dst-client: /#/fake/web", "l5d-ctx-dtab: /x=>/y", "l5d-ctx-thing: a", "X-Other: b",
	} {
		if strings.Count(head, "\r\n"+line+"\r\n") != 1 {
			t.Errorf("%q is not there once in\n%s", line, head)
		}
	}
	if !strings.Contains(head, "\r\nl5d-ctx-trace: ") || !strings.Contains(head, "\r\nl5d-reqid: ") || strings.Contains(head, "stale") || strings.Contains(head, "L5d") {
		t.Errorf("head\n%s", head)
	}
}

// TestNoHost: HTTP/1.0 has requests without a Host; they are sent on with an
// empty one, as HTTP/1.1 wants it (ViaHeaderAppenderFilter.scala).
func TestNoHost(t *testing.T) {
	addr, heads := wire(t)
	f := start(t, sockets, func(c *router.Config) { c.Identifier = router.Static(resolve.MustPath("/web")) })
	f.names.Bind("/web", addr)
	f.mustAsk(t, incoming(t, "GET /a HTTP/1.0"))
	if head := <-heads; !strings.HasPrefix(head, "GET /a HTTP/1.1\r\nHost: \r\n") {
		t.Errorf("head\n%s", head)
	}
}

// TestForeignProvider: a router works with another OpenTelemetry provider.
func TestForeignProvider(t *testing.T) {
	hop := trace.NewHop(trace.HopConfig{TracerProvider: noop.NewTracerProvider()})
	var host string
	var header http.Header
	f := start(t, seen(&host, &header), func(c *router.Config) { c.Hop = hop })
	f.names.Bind("/web", "10.0.0.1:80")
	r := with(ctxhdr.NewContext(context.Background(), http.Header{"L5d-Ctx-Trace": {callerTrace}}), request(t, "web"))
	f.mustAsk(t, r)
	if id, ok := ctxhdr.Trace(header); !ok || id.Trace != 1 {
		t.Errorf("trace %+v", id)
	}
}
