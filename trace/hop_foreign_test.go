package trace_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	sdktest "go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/trace"
)

func sdkProvider(t *testing.T, opts ...sdktrace.TracerProviderOption) (*sdktrace.TracerProvider, *sdktest.SpanRecorder) {
	rec := sdktest.NewSpanRecorder()
	p := sdktrace.NewTracerProvider(append(opts, sdktrace.WithSpanProcessor(rec))...)
	t.Cleanup(func() {
		if err := p.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p, rec
}

func sdkTags(s sdktrace.ReadOnlySpan) map[string]string {
	tags := map[string]string{}
	for _, kv := range s.Attributes() {
		tags[string(kv.Key)] = kv.Value.String()
	}
	return tags
}

func TestForeignProvider(t *testing.T) {
	p, rec := sdkProvider(t)
	h := hop(trace.HopConfig{TracerProvider: p, Version: "0.1"})
	in := http.Header{}
	in.Set(ctxhdr.TraceName, ctxhdr.TraceID{Span: 3, Parent: 2, Trace: 1, TraceHigh: 0, Wide: true, Flags: 6 | 1<<43}.String())
	r := request(t, "BREW", "http://user:secret@hello:81/a?q=1")
	r.Header.Set("User-Agent", "curl")

	start := serverStart
	start.Request = r
	ctx, server := h.StartServer(t.Context(), in, start)
	hopspan.Identified(server, identified)
	hopspan.Bound(server, "/#/io.l5d.fs/world", "/rest")
	if oteltrace.SpanFromContext(ctx) != server {
		t.Error("another span in ctx")
	}
	ctx, client := h.StartClient(ctx, r, hopspan.ClientStart{Service: "#/io.l5d.fs/world"})
	hopspan.Connected(client, serverAt, clientPeer)
	out := http.Header{}
	h.Inject(ctx, out)
	hopspan.Sent(client, time.Now())
	hopspan.Received(client, time.Now())
	hopspan.Responded(client, &http.Response{StatusCode: 404, Proto: "HTTP/1.1"}, 1)
	hopspan.EndClient(client, nil)
	hopspan.EndServer(server, 502)

	ended := rec.Ended()
	if len(ended) != 2 {
		t.Fatalf("%d spans", len(ended))
	}
	c, s := ended[0], ended[1]
	if s.Name() != "outgoing /svc/world" || c.Name() != "BREW /a" ||
		s.SpanKind() != oteltrace.SpanKindServer || c.SpanKind() != oteltrace.SpanKindClient {
		t.Errorf("server %v %q, client %v %q", s.SpanKind(), s.Name(), c.SpanKind(), c.Name())
	}
	if s.Parent().SpanID() != (oteltrace.SpanID{7: 3}) || c.Parent().SpanID() != s.SpanContext().SpanID() {
		t.Errorf("parents %v, %v", s.Parent(), c.Parent())
	}
	got, ok := ctxhdr.Trace(out)
	if want := trace.FromContext(ctx).L5d(); !ok || !got.Wide || got.TraceHigh != 0 || got.Flags != 6|1<<43 ||
		got.Parent == got.Span || !got.Equal(want) {
		t.Errorf("out %+v", got)
	}
	wantServer := map[string]string{
		"srv/meshhop.version": "0.1", "srv/meshhop.label": "0.0.0.0/4140",
		"router.label": "outgoing", "service": "/svc/world", "dtab.base": "/svc=>/#/io.l5d.fs", "dtab.local": "",
		"client": "/#/io.l5d.fs/world", "residual": "/rest",
		"http.request.method": "_OTHER", "http.request.method_original": "BREW", "network.protocol.version": "1.1",
		"url.scheme": "http", "url.path": "/a", "url.query": "q=1", "server.address": "hello", "server.port": "81",
		"client.address": "10.0.0.9", "network.peer.address": "10.0.0.9", "network.peer.port": "53211",
		"user_agent.original": "curl", "http.response.status_code": "502", "error.type": "502",
	}
	if d := cmp.Diff(wantServer, sdkTags(s)); d != "" {
		t.Error("server", d)
	}
	wantClient := map[string]string{
		"clnt/meshhop.version": "0.1", "clnt/meshhop.label": "#/io.l5d.fs/world",
		"http.req.host": "hello:81", "http.req.method": "BREW", "http.req.version": "HTTP/1.1", "http.uri": "/a?q=1",
		"http.rsp.status": "404", "http.rsp.version": "HTTP/1.1", "l5d.success": "1",
		"http.request.method": "_OTHER", "http.request.method_original": "BREW", "network.protocol.version": "1.1",
		"url.full": "http://hello:81/a?q=1", "url.scheme": "http", "server.address": "hello", "server.port": "81",
		"network.peer.address": "10.196.2.45", "network.peer.port": "7778",
		"user_agent.original": "curl", "http.response.status_code": "404", "error.type": "404",
	}
	if d := cmp.Diff(wantClient, sdkTags(c)); d != "" {
		t.Error("client", d)
	}
	if s.Status().Code != codes.Error || c.Status().Code != codes.Error {
		t.Errorf("status %v, %v", s.Status(), c.Status())
	}
	var events []string
	for _, e := range append(s.Events(), c.Events()...) {
		events = append(events, e.Name)
	}
	if d := cmp.Diff([]string{"wr", "namer.success", "ws", "ws", "wr"}, events); d != "" {
		t.Error(d)
	}
}

func TestForeignDecision(t *testing.T) {
	const header = "AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAA" // and a digit for the flags
	for _, row := range []struct {
		name    string
		in      string
		sample  string
		sampler *trace.Sampler
		sdk     sdktrace.Sampler
		spans   int
		flags   uint64
	}{
		{"a root that the provider keeps", "", "", nil, nil, 2, 6},
		{"a root that the provider drops", "", "", nil, sdktrace.NeverSample(), 0, 2},
		{"a root that the request drops", "", "0", nil, sdktrace.AlwaysSample(), 0, 2},
		{"kept", header + "Y=", "", nil, nil, 2, 6},
		{"dropped", header + "I=", "", nil, nil, 0, 2},
		{"kept, dropped by the request", header + "Y=", "0", nil, sdktrace.AlwaysSample(), 0, 2},
		{"dropped, kept by the request", header + "I=", "1", nil, nil, 2, 6},
		{"debug", header + "E=", "0", nil, nil, 2, 7},
		{"undecided stays undecided", header + "A=", "", nil, nil, 0, 0},
		{"undecided, kept by the sampler", header + "A=", "", sampler(t, 1), nil, 2, 6},
		{"undecided, dropped by the sampler", header + "A=", "", sampler(t, 0), nil, 0, 2},
		{"undecided, kept by the provider", header + "A=", "", nil, sdktrace.AlwaysSample(), 2, 6},
	} {
		t.Run(row.name, func(t *testing.T) {
			var opts []sdktrace.TracerProviderOption
			if row.sdk != nil {
				opts = append(opts, sdktrace.WithSampler(row.sdk))
			}
			p, rec := sdkProvider(t, opts...)
			in := http.Header{}
			if row.in != "" {
				in.Set(ctxhdr.TraceName, row.in)
			}
			if row.sample != "" {
				in.Set(ctxhdr.SampleName, row.sample)
			}
			h := hop(trace.HopConfig{TracerProvider: p, Sampler: row.sampler})
			out := pass(h, in, request(t, "GET", "http://world"), errors.New("boom"))
			got, ok := ctxhdr.Trace(out)
			if n := len(rec.Ended()); !ok || got.Flags != row.flags || n != row.spans {
				t.Errorf("%d spans, flags %d; want %d, %d", n, got.Flags, row.spans, row.flags)
			}
			if row.in != "" && got.Trace != 1 {
				t.Errorf("left the trace: %+v", got)
			}
			if got.IsRoot() {
				t.Errorf("the client span has no parent: %+v", got)
			}
		})
	}
}

// A provider that makes no ids must not stop their propagation.
func TestForeignProviderThatMakesNoIDs(t *testing.T) {
	h := hop(trace.HopConfig{TracerProvider: noop.NewTracerProvider()})
	in := http.Header{}
	in.Set(ctxhdr.TraceName, ctxhdr.TraceID{Span: 3, Parent: 2, Trace: 1, Flags: 6}.String())
	for _, in := range []http.Header{in, {}} {
		out := pass(h, in, request(t, "GET", "http://world"), nil)
		before, _ := ctxhdr.Trace(in)
		got, ok := ctxhdr.Trace(out)
		if !ok || got.IsRoot() || got.Span == before.Span || got.Parent == before.Span || got.Flags != before.Flags {
			t.Errorf("in %+v, out %+v", before, got)
		}
	}
}

func TestForeignSpanInBetween(t *testing.T) {
	p, rec := sdkProvider(t)
	h := hop(trace.HopConfig{TracerProvider: p})
	in := http.Header{}
	in.Set(ctxhdr.TraceName, ctxhdr.TraceID{Span: 3, Parent: 2, Trace: 1, Flags: 6 | 1<<43}.String())
	ctx, server := h.StartServer(t.Context(), in, serverStart)
	ctx, mine := p.Tracer("mine").Start(ctx, "work")
	ctx, client := h.StartClient(ctx, request(t, "GET", "http://world"), hopspan.ClientStart{})
	c := trace.FromContext(ctx)
	if c.Flags != 6|1<<43 || c.Parent != mine.SpanContext().SpanID() || c.Span != client.SpanContext().SpanID() {
		t.Errorf("%+v", c)
	}
	hopspan.EndClient(client, nil)
	mine.End()
	hopspan.EndServer(server, 200)
	if n := len(rec.Ended()); n != 3 {
		t.Errorf("%d spans", n)
	}
}
