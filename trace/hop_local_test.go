package trace_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/trace"
)

// behind is a request's context below a middleware that traces every request,
// as otelhttp does: it extracts, and starts a server span. Nil makes no span.
func behind(in http.Header, p propagation.TextMapPropagator, provider oteltrace.TracerProvider) (context.Context, oteltrace.SpanContext) {
	ctx := context.Background()
	if provider == nil {
		return ctx, oteltrace.SpanContext{}
	}
	ctx = p.Extract(ctx, propagation.HeaderCarrier(in))
	ctx, span := provider.Tracer("middleware").Start(ctx, "GET /api", oteltrace.WithSpanKind(oteltrace.SpanKindServer))
	return ctx, span.SpanContext()
}

// TestSpanOfAMiddleware: whose child the server span is, whoever makes it, where
// a middleware of the program traces the request too.
func TestSpanOfAMiddleware(t *testing.T) {
	w3c := propagation.TextMapPropagator(propagation.TraceContext{})
	caller := func(flags uint64) http.Header {
		h := http.Header{}
		h.Set(ctxhdr.TraceName, ctxhdr.TraceID{Span: 3, Parent: 2, Trace: 1, Flags: flags}.String())
		return h
	}
	const sampled, dropped, debug, odd = ctxhdr.FlagSampled | ctxhdr.FlagSamplingKnown, ctxhdr.FlagSamplingKnown, ctxhdr.FlagDebug, uint64(1) << 43
	always, never := sdktrace.WithSampler(sdktrace.AlwaysSample()), sdktrace.WithSampler(sdktrace.NeverSample())
	byParent := sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.AlwaysSample()))
	sdk := func(t *testing.T, s sdktrace.TracerProviderOption) oteltrace.TracerProvider {
		p, _ := sdkProvider(t, s)
		return p
	}
	type parent string
	const middleware, header, nobody parent = "the middleware's", "the caller's", "nobody's"
	for _, row := range []struct {
		name       string
		in         http.Header
		middleware func(*testing.T) oteltrace.TracerProvider // nil: there is none
		reads      propagation.TextMapPropagator             // by the middleware
		first      bool                                      // HeadersFirst
		fresh      bool
		sample     string // l5d-sample
		want       parent
		decision   trace.Sampling
		flags      uint64
	}{
		{name: "no middleware, no caller", want: nobody, decision: trace.Keep},
		{name: "no middleware", in: caller(sampled), want: header, decision: trace.Keep},
		{name: "no caller", middleware: func(t *testing.T) oteltrace.TracerProvider { return sdk(t, always) }, want: middleware, decision: trace.Keep},
		{name: "both, in two traces", in: caller(dropped), middleware: func(t *testing.T) oteltrace.TracerProvider { return sdk(t, always) }, want: middleware, decision: trace.Keep},
		{name: "both, the headers first", in: caller(dropped), middleware: func(t *testing.T) oteltrace.TracerProvider { return sdk(t, always) }, first: true, want: header, decision: trace.Drop},
		{name: "the headers first, and there are none", middleware: func(t *testing.T) oteltrace.TracerProvider { return sdk(t, always) }, first: true, want: middleware, decision: trace.Keep},
		{name: "the middleware decided against", in: caller(sampled), middleware: func(t *testing.T) oteltrace.TracerProvider { return sdk(t, never) }, want: middleware, decision: trace.Drop},
		{name: "it reads l5d-ctx-trace", in: caller(sampled | odd), middleware: func(t *testing.T) oteltrace.TracerProvider { return sdk(t, byParent) }, reads: trace.TextMap(trace.L5d()), want: middleware, decision: trace.Keep, flags: odd},
		{name: "an undecided caller stays so", in: caller(0), middleware: func(t *testing.T) oteltrace.TracerProvider { return sdk(t, byParent) }, reads: trace.TextMap(trace.L5d()), want: middleware, decision: trace.Keep},
		{name: "a debug trace stays so", in: caller(debug), middleware: func(t *testing.T) oteltrace.TracerProvider { return sdk(t, never) }, reads: trace.TextMap(trace.L5d()), want: middleware, decision: trace.Keep, flags: debug},
		{name: "a middleware that makes no spans", in: caller(sampled), middleware: func(*testing.T) oteltrace.TracerProvider { return noop.NewTracerProvider() }, want: header, decision: trace.Keep},
		{name: "one that makes none, but reads", in: caller(sampled), middleware: func(*testing.T) oteltrace.TracerProvider { return noop.NewTracerProvider() }, reads: trace.TextMap(trace.L5d()), want: header, decision: trace.Keep},
		{name: "a middleware with our own provider", in: caller(dropped), middleware: func(t *testing.T) oteltrace.TracerProvider { p, _ := recorded(t); return p }, want: middleware, decision: trace.Keep},
		{name: "l5d-sample: 0", middleware: func(t *testing.T) oteltrace.TracerProvider { return sdk(t, always) }, sample: "0", want: middleware, decision: trace.Drop},
		{name: "l5d-sample: 1", middleware: func(t *testing.T) oteltrace.TracerProvider { return sdk(t, never) }, sample: "1", want: middleware, decision: trace.Keep},
		{name: "an edge", in: caller(sampled), fresh: true, want: nobody, decision: trace.Keep},
		{name: "an edge behind a middleware", in: caller(dropped), middleware: func(t *testing.T) oteltrace.TracerProvider { return sdk(t, always) }, fresh: true, want: middleware, decision: trace.Keep},
	} {
		for _, hops := range []string{"our provider", "the SDK's"} {
			t.Run(fmt.Sprint(row.name, ", ", hops), func(t *testing.T) {
				in := row.in.Clone()
				if in == nil {
					in = http.Header{}
				}
				if row.sample != "" {
					in.Set("l5d-sample", row.sample)
				}
				one, err := trace.NewSampler(1)
				if err != nil {
					t.Fatal(err)
				}
				config := trace.HopConfig{HeadersFirst: row.first, Sampler: one}
				own, recorder := recorded(t)
				foreign, sdkRecorder := sdkProvider(t, byParent)
				if config.TracerProvider = own; hops != "our provider" {
					config.TracerProvider = foreign
				}
				h := hop(config)
				var provider oteltrace.TracerProvider
				if row.middleware != nil {
					provider = row.middleware(t)
				}
				reads := row.reads
				if reads == nil {
					reads = w3c
				}
				ctx, above := behind(in, reads, provider)
				start := serverStart
				start.Fresh = row.fresh
				ctx, span := h.StartServer(ctx, in, start)
				got := trace.FromContext(ctx)
				hopspan.EndServer(span, 200)

				want := map[parent]oteltrace.SpanID{middleware: above.SpanID(), header: {7: 3}, nobody: {}}[row.want]
				if got.Parent != want || row.want == middleware && got.Trace != above.TraceID() || row.want == header && got.Trace != (oteltrace.TraceID{15: 1}) {
					t.Errorf("%+v is the child of %v, want of %s %v", got, got.Parent, row.want, want)
				}
				if got.Decision() != row.decision {
					t.Errorf("decision %v, want %v", got.Decision(), row.decision)
				}
				if flags := got.Flags &^ sampled; row.want == middleware && flags != row.flags {
					t.Errorf("flags %x, want %x", flags, row.flags)
				}
				recorded := len(recorder.Records())
				if hops != "our provider" {
					recorded = len(sdkRecorder.Ended())
					if recorded == 1 {
						if p := sdkRecorder.Ended()[0].Parent(); p.SpanID() != want || p.IsRemote() != (row.want == header) {
							t.Errorf("the SDK's parent is %v, remote: %v", p.SpanID(), p.IsRemote())
						}
					}
				}
				if (recorded == 1) != (row.decision == trace.Keep) {
					t.Errorf("%d spans were recorded", recorded)
				}
			})
		}
	}
}
