package trace_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"

	"go.opentelemetry.io/otel/propagation"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/utilities"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

type printer struct{}

func (printer) Add(r *trace.Record) { fmt.Printf("%v %s %q\n", r.Kind, r.Service, r.Name) }

func (printer) Export(_ context.Context, spans []*trace.Record) error {
	fmt.Println(len(spans), "spans")
	return nil
}

func (printer) Shutdown(context.Context) error { return nil }

// names is a sink that prints the names of spans.
type names struct{}

func (names) Add(r *trace.Record) { fmt.Println(r.Name) }

func ExampleNewHop() {
	sampler, err := trace.NewSampler(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: printer{}, Sampler: sampler})
	if err != nil {
		fmt.Println(err)
		return
	}
	hop := trace.NewHop(trace.HopConfig{TracerProvider: provider})

	send(hop, http.Header{})
	// Output:
	// client $/inet/127.0.0.1/9001 "GET /"
	// server http "http /svc/web"
}

func ExampleNewSamplerWith() {
	sampler, err := trace.NewSamplerWith(trace.SamplerConfig{
		Rate:         0.01,
		Services:     []trace.ServiceRate{{Prefix: "/svc/pay", Rate: 1}, {Prefix: "/svc/health", Rate: 0}},
		MaxPerSecond: 50,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	id := oteltrace.TraceID{15: 1}
	fmt.Println(sampler.SampleNamed(id, "/svc/pay/refunds"), sampler.SampleNamed(id, "/svc/health"))
	// Output: true false
}

// Nothing is sampled here, but what the backend fails is kept.
func ExampleKeepConfig() {
	none, err := trace.NewSampler(0)
	if err != nil {
		fmt.Println(err)
		return
	}
	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: names{}, Sampler: none, Keep: &trace.KeepConfig{Errors: true}})
	if err != nil {
		fmt.Println(err)
		return
	}
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/broken" {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer backend.Close()
	rt, err := router.New(router.Config{
		Dtab:        resolve.MustDtab("/svc/web => /$/inet/127.0.0.1/" + backend.URL[strings.LastIndexByte(backend.URL, ':')+1:]),
		Interpreter: utilities.Interpreter(utilities.Config{}),
		Hop:         trace.NewHop(trace.HopConfig{TracerProvider: provider}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer rt.Close()
	handler, err := proxy.New(proxy.Config{Router: rt})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, path := range []string{"/", "/broken"} {
		r := httptest.NewRequest("GET", path, nil)
		r.Host = "web"
		handler.ServeHTTP(httptest.NewRecorder(), r)
	}
	fmt.Println(provider.Stats().Keep.Errors, "kept")
	// Output:
	// GET /broken
	// http /svc/web
	// 1 kept
}

// send sends a request through a mesh hop, and returns the headers that arrive
// at the service behind it.
func send(hop *trace.Hop, h http.Header) (arrived http.Header) {
	service := func(r *http.Request) (*http.Response, error) {
		arrived = r.Header
		return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
	}
	rt, err := router.New(router.Config{
		Dtab:         resolve.MustDtab("/svc/web => /$/inet/127.0.0.1/9001"),
		Interpreter:  utilities.Interpreter(utilities.Config{}),
		Hop:          hop,
		NewTransport: func(resolve.Address, router.TransportConfig) http.RoundTripper { return roundTripper(service) },
	})
	if err != nil {
		fmt.Println(err)
		return nil
	}
	defer rt.Close()
	mesh, err := proxy.New(proxy.Config{Router: rt})
	if err != nil {
		fmt.Println(err)
		return nil
	}
	r := httptest.NewRequest("GET", "http://web/", nil)
	r.Header = h
	mesh.ServeHTTP(httptest.NewRecorder(), r)
	return arrived
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func ExampleNewProvider() {
	sampler, err := trace.NewSampler(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: printer{}, Sampler: sampler, Service: "web"})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, span := provider.Tracer("example").Start(context.Background(), "work")
	fmt.Println(oteltrace.SpanFromContext(ctx) == span)
	span.End()
	// Output:
	// true
	// internal web "work"
}

func ExampleNewPipeline() {
	pipeline, err := trace.NewPipeline(trace.PipelineConfig{Exporter: printer{}})
	if err != nil {
		fmt.Println(err)
		return
	}
	for range 3 {
		pipeline.Add(&trace.Record{Name: "work"})
	}
	if err := pipeline.Close(context.Background()); err != nil {
		fmt.Println(err)
	}
	s := pipeline.Stats()
	fmt.Println(s.Received == s.Exported+s.Dropped.Total()+s.Queued, s.Exported)
	// Output:
	// 3 spans
	// true 3
}

func ExampleNewSampler() {
	tenth, err := trace.NewSampler(0.1)
	if err != nil {
		fmt.Println(err)
		return
	}
	kept := 0
	for i := range 256 {
		if tenth.Sample(oteltrace.TraceID{15: byte(i)}) {
			kept++
		}
	}
	fmt.Println(tenth.Rate(), kept, "of 256")
	_, err = trace.NewSampler(7)
	fmt.Println(err)
	// Output:
	// 0.1 22 of 256
	// trace: sampler: rate 7 is not between 0 and 1
}

func ExampleBridge() {
	// Callers with B3 or W3C headers, and services behind us that know both.
	p := trace.Bridge(
		[]trace.Propagator{trace.L5d(), trace.B3(), trace.W3C()},
		[]trace.Propagator{trace.L5d(), trace.W3C()})
	in := http.Header{}
	in.Set("x-b3-traceid", "7b")
	in.Set("x-b3-spanid", "7c")
	in.Set("x-b3-sampled", "1")
	c, ok := p.Extract(in)
	out := http.Header{}
	p.Inject(out, c)
	fmt.Println(ok, out.Get("traceparent"), out.Get("l5d-reqid"))
	// Output: true 00-0000000000000000000000000000007b-000000000000007c-01 000000000000007b
}

func ExampleContextWithRemote() {
	in := http.Header{"B3": {"000000000000007b-000000000000007c-1"}}
	c, _ := trace.B3Single().Extract(in)
	ctx := trace.ContextWithRemote(context.Background(), c)
	fmt.Println(oteltrace.SpanContextFromContext(ctx).TraceID(), trace.FromContext(ctx).Sampled())
	// Output: 0000000000000000000000000000007b true
}

func ExampleTee() {
	r := &trace.Record{Name: "work", Service: "web", Kind: oteltrace.SpanKindServer}
	trace.Tee(printer{}, nil, printer{}).Add(r)
	// Output:
	// server web "work"
	// server web "work"
}

// A hop between services that speak W3C Trace Context, by OpenTelemetry's own
// propagator. Any other one, Jaeger's or X-Ray's, does as well.
func ExampleFromTextMap() {
	hop := trace.NewHop(trace.HopConfig{Propagator: trace.FromTextMap(propagation.TraceContext{})})
	out := send(hop, http.Header{"Traceparent": {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}})
	fmt.Println(out.Get("traceparent")[:36])
	// Output: 00-4bf92f3577b34da6a3ce929d0e0e4736-
}

// A program that traces by OpenTelemetry, between hops of Linkerd: otelhttp,
// for example, takes the propagator by otelhttp.WithPropagators.
func ExampleTextMap() {
	p := trace.TextMap(trace.L5d())
	in := propagation.HeaderCarrier{"L5d-Ctx-Trace": {"AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY="}}
	ctx := p.Extract(context.Background(), in)
	fmt.Println(oteltrace.SpanContextFromContext(ctx).TraceID())

	out := propagation.HeaderCarrier{}
	p.Inject(ctx, out)
	fmt.Println(out.Get("l5d-ctx-trace"))
	// Output:
	// 00000000000000000000000000000001
	// AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY=
}

// An edge that takes W3C trace context and speaks Linkerd's inside; B3 of
// strangers goes no further.
func ExampleBridgeClearing() {
	w3c, l5d := trace.W3C(), trace.L5d()
	p := trace.BridgeClearing([]trace.Propagator{w3c}, []trace.Propagator{l5d}, []trace.Propagator{w3c, l5d, trace.B3(), trace.B3Single()})
	h := http.Header{"Traceparent": {"00-00000000000000000000000000000001-0000000000000003-01"}, "B3": {"0"}}
	c, _ := p.Extract(h)
	p.Clear(h)
	p.Inject(h, c)
	fmt.Println(len(h), h.Get("l5d-reqid"))
	// Output: 2 0000000000000001
}

// A sink that encodes spans at once: their memory is used again.
type counting struct{ spans, bytes atomic.Int64 }

func (c *counting) Add(r *trace.Record) {
	c.spans.Add(1)
	c.bytes.Add(int64(len(r.Name)))
}

func (c *counting) RetainsNothing() bool { return true }

func ExampleSink() {
	sampler, err := trace.NewSampler(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	sink := new(counting)
	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: sink, Sampler: sampler})
	if err != nil {
		fmt.Println(err)
		return
	}
	send(trace.NewHop(trace.HopConfig{TracerProvider: provider}), http.Header{})
	fmt.Println(sink.spans.Load(), sink.bytes.Load())
	// Output: 2 18
}

// edge is a propagator of a program's own: it continues no trace of strangers, and
// sends on what another one does.
type edge struct{ trace.Propagator }

func (edge) Extract(http.Header) (trace.Context, bool) { return trace.Context{}, false }

func ExamplePropagator() {
	out := send(trace.NewHop(trace.HopConfig{Propagator: edge{trace.W3C()}}), http.Header{
		"Traceparent": {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
	})
	fmt.Println(strings.HasPrefix(out.Get("traceparent"), "00-4bf92f35"), len(out.Get("traceparent")))
	// Output: false 55
}

func ExampleW3C() {
	c, ok := trace.W3C().Extract(http.Header{"Traceparent": {"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}})
	fmt.Println(ok, c.Trace, c.Span, c.Decision())
	// Output: true 4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7 keep
}

func ExampleL5d() {
	c, _ := trace.W3C().Extract(http.Header{"Traceparent": {"00-00000000000000000000000000000001-0000000000000003-01"}})
	h := http.Header{}
	trace.L5d().Inject(h, c)
	fmt.Println(h.Get("l5d-ctx-trace"), h.Get("l5d-reqid"))
	// Output: AAAAAAAAAAMAAAAAAAAAAwAAAAAAAAABAAAAAAAAAAY= 0000000000000001
}

func ExampleB3() {
	c, _ := trace.L5d().Extract(http.Header{"L5d-Ctx-Trace": {"AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAY="}})
	h := http.Header{}
	trace.B3().Inject(h, c)
	fmt.Println(h.Get("x-b3-traceid"), h.Get("x-b3-spanid"), h.Get("x-b3-sampled"))
	// Output: 0000000000000001 0000000000000003 1
}

func ExampleSwitch() {
	sampler, err := trace.NewSampler(1)
	if err != nil {
		fmt.Println(err)
		return
	}
	recording := new(trace.Switch)
	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: printer{}, Sampler: sampler, Recording: recording})
	if err != nil {
		fmt.Println(err)
		return
	}
	hop := trace.NewHop(trace.HopConfig{TracerProvider: provider})

	recording.Set(false)
	send(hop, http.Header{})
	recording.Set(true)
	send(hop, http.Header{})
	// Output:
	// client $/inet/127.0.0.1/9001 "GET /"
	// server http "http /svc/web"
}
