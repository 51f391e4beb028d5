package otelhttp_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/utilities"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// program is a server whose handlers are all traced by otelhttp; its only one is
// a hop before a service.
type program struct {
	spans  *tracetest.InMemoryExporter
	server *httptest.Server
}

func start(t *testing.T, p propagation.TextMapPropagator, config trace.HopConfig) *program {
	t.Helper()
	prog := &program{spans: tracetest.NewInMemoryExporter()}
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {}))
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(prog.spans))
	if config.TracerProvider == nil {
		config.TracerProvider = provider
	}
	hop := trace.NewHop(config)
	at, err := url.Parse(service.URL)
	if err != nil {
		t.Fatal(err)
	}
	rt, err := router.New(router.Config{
		Dtab:        resolve.MustDtab("/svc => /$/inet/" + at.Hostname() + "/" + at.Port()),
		Interpreter: utilities.Interpreter(utilities.Config{}),
		Hop:         hop,
	})
	if err != nil {
		t.Fatal(err)
	}
	mesh, err := proxy.New(proxy.Config{Router: rt})
	if err != nil {
		t.Fatal(err)
	}
	prog.server = httptest.NewServer(otelhttp.NewHandler(mesh, "program", otelhttp.WithTracerProvider(provider), otelhttp.WithPropagators(p)))
	t.Cleanup(func() {
		prog.server.Close()
		if err := rt.Close(); err != nil {
			t.Error(err)
		}
		service.Close()
	})
	return prog
}

// get asks with these headers, once, and waits for the server to be done.
func (p *program) get(t *testing.T, header http.Header) tracetest.SpanStubs {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", p.server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	p.server.Close() // the spans of a server end after its response
	return p.spans.GetSpans()
}

// The three spans of a request, by what makes them.
func byOtelhttp(s tracetest.SpanStub) bool {
	return strings.HasSuffix(s.InstrumentationScope.Name, "/otelhttp")
}
func byHop(s tracetest.SpanStub) bool {
	return !byOtelhttp(s) && s.SpanKind == oteltrace.SpanKindServer
}
func toReplica(s tracetest.SpanStub) bool { return s.SpanKind == oteltrace.SpanKindClient }

func find(t *testing.T, spans tracetest.SpanStubs, is func(tracetest.SpanStub) bool) tracetest.SpanStub {
	t.Helper()
	i := slices.IndexFunc(spans, is)
	if i < 0 {
		t.Fatalf("one of them is not among %d spans", len(spans))
	}
	return spans[i]
}

const caller = "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY=" // trace 1, span 3, sampled

// TestOneTrace: otelhttp's span, the hop's server span below it, and the
// client span below that.
func TestOneTrace(t *testing.T) {
	for _, row := range []struct {
		name   string
		reads  propagation.TextMapPropagator // by otelhttp
		hop    trace.HopConfig
		header http.Header
		trace  oteltrace.TraceID // zero: a new one
		parent oteltrace.SpanID  // of otelhttp's span
	}{
		{name: "nobody called", reads: propagation.TraceContext{}},
		{name: "W3C", reads: propagation.TraceContext{}, hop: trace.HopConfig{Propagator: trace.W3C()},
			header: http.Header{"Traceparent": {"00-00000000000000000000000000000001-0000000000000003-01"}}, trace: oteltrace.TraceID{15: 1}, parent: oteltrace.SpanID{7: 3}},
		{name: "otelhttp reads l5d-ctx-trace", reads: trace.TextMap(trace.L5d()),
			header: http.Header{"L5d-Ctx-Trace": {caller}}, trace: oteltrace.TraceID{15: 1}, parent: oteltrace.SpanID{7: 3}},
		{name: "the hop by OpenTelemetry's own propagator", reads: propagation.TraceContext{}, hop: trace.HopConfig{Propagator: trace.FromTextMap(propagation.TraceContext{})},
			header: http.Header{"Traceparent": {"00-00000000000000000000000000000001-0000000000000003-01"}}, trace: oteltrace.TraceID{15: 1}, parent: oteltrace.SpanID{7: 3}},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := start(t, row.reads, row.hop)
			spans := p.get(t, row.header)
			outer, server, client := find(t, spans, byOtelhttp), find(t, spans, byHop), find(t, spans, toReplica)
			if row.trace.IsValid() && outer.SpanContext.TraceID() != row.trace || outer.Parent.SpanID() != row.parent {
				t.Errorf("otelhttp's span is of %v, below %v", outer.SpanContext.TraceID(), outer.Parent.SpanID())
			}
			for _, one := range []struct{ child, parent tracetest.SpanStub }{{server, outer}, {client, server}} {
				if one.child.SpanContext.TraceID() != one.parent.SpanContext.TraceID() || one.child.Parent.SpanID() != one.parent.SpanContext.SpanID() {
					t.Errorf("%s is below %v, not below %s", one.child.Name, one.child.Parent.SpanID(), one.parent.Name)
				}
			}
			if len(spans) != 3 {
				t.Errorf("%d spans", len(spans))
			}
		})
	}
}

// TestHeadersFirst: who wants two traces may have them.
func TestHeadersFirst(t *testing.T) {
	p := start(t, propagation.TraceContext{}, trace.HopConfig{HeadersFirst: true})
	spans := p.get(t, http.Header{"L5d-Ctx-Trace": {caller}})
	if server := find(t, spans, byHop); server.Parent.SpanID() != (oteltrace.SpanID{7: 3}) {
		t.Errorf("the server span is below %v", server.Parent.SpanID())
	}
}

// TestTransport: a program traced by otelhttp alone, in a mesh that speaks
// l5d-ctx-trace: its transport continues the trace in that header, the flags of
// the caller included.
func TestTransport(t *testing.T) {
	provider := sdktrace.NewTracerProvider()
	defer provider.Shutdown(context.Background())
	p := otelhttp.WithPropagators(trace.TextMap(trace.L5d()))
	var seen http.Header
	world := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { seen = r.Header }))
	defer world.Close()
	client := &http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport, otelhttp.WithTracerProvider(provider), p)}
	hello := httptest.NewServer(otelhttp.NewHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ask, _ := http.NewRequestWithContext(r.Context(), "GET", world.URL, nil)
		if resp, err := client.Do(ask); err != nil {
			t.Error(err)
		} else {
			resp.Body.Close()
		}
	}), "hello", otelhttp.WithTracerProvider(provider), p))
	defer hello.Close()
	r, _ := http.NewRequestWithContext(t.Context(), "GET", hello.URL, nil)
	in := ctxhdr.TraceID{Trace: 1, Parent: 2, Span: 3, Flags: 6 | 1<<43}
	r.Header.Set(ctxhdr.TraceName, in.String())
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if got, ok := ctxhdr.Trace(seen); !ok || got.Trace != in.Trace || got.Flags != in.Flags || got.Span == in.Span {
		t.Errorf("world got %+v, %v", got, ok)
	}
}
