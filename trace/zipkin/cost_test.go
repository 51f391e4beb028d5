package zipkin_test

import (
	"context"
	"io"
	"net/http"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	//lint:ignore SA1019 deprecated upstream; it is what we are compared with
	otelzipkin "go.opentelemetry.io/otel/exporters/zipkin"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/cputime"
	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/zipkin"
)

// request is what a hop does about tracing for one request.
type request struct {
	hop     *hopspan.Hop
	in, out http.Header
	r       *http.Request
	resp    *http.Response
}

var (
	caller  = netip.MustParseAddrPort("10.0.0.9:53211")
	own     = netip.MustParseAddrPort("10.0.0.1:4140")
	replica = netip.MustParseAddrPort("10.196.2.45:7778")
)

func newRequest(t testing.TB, p oteltrace.TracerProvider) *request {
	t.Helper()
	h := (*hopspan.Hop)(trace.NewHop(trace.HopConfig{TracerProvider: p}))
	r, err := http.NewRequest(http.MethodGet, "http://hello/greet?name=world", nil)
	if err != nil {
		t.Fatal(err)
	}
	return &request{hop: h, in: http.Header{"Accept": {"*/*"}}, out: http.Header{}, r: r,
		resp: &http.Response{StatusCode: 200, Proto: "HTTP/1.1", ContentLength: 1024,
			Header: http.Header{"Content-Length": {"1024"}, "Content-Type": {"text/plain; charset=utf-8"}}}}
}

func addresses(*http.Request) (local, peer netip.AddrPort) { return own, caller }

func (q *request) pass() {
	h := q.hop
	ctx, server := h.StartServer(context.Background(), q.in, hopspan.ServerStart{Service: "0.0.0.0/4140", Router: "outgoing", Addresses: addresses})
	hopspan.Identified(server, hopspan.Request{Router: "outgoing", Dst: "/svc/hello", BaseDtab: "/svc=>/#/io.l5d.fs"})
	hopspan.Bound(server, "/#/io.l5d.fs/hello", "/")
	ctx, client := h.StartClient(ctx, q.r, hopspan.ClientStart{Service: "#/io.l5d.fs/hello", Peer: replica})
	h.L5d(ctx)
	hopspan.Connected(client, own, replica)
	hopspan.Sent(client, time.Now())
	hopspan.Received(client, time.Now())
	hopspan.Responded(client, q.resp, 1)
	hopspan.EndClient(client, nil)
	hopspan.EndServer(server, 200)
}

func provider(t testing.TB, sink trace.Sink, rate float64) *trace.Provider {
	t.Helper()
	sampler, err := trace.NewSampler(rate)
	if err != nil {
		t.Fatal(err)
	}
	p, err := trace.NewProvider(trace.ProviderConfig{Sink: sink, Sampler: sampler})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// With and without spans a request allocates the same.
func TestTracingAllocatesNothing(t *testing.T) {
	allocations := func(p oteltrace.TracerProvider) float64 {
		return testing.AllocsPerRun(2000, newRequest(t, p).pass)
	}
	sink := newSink(t, zipkin.Config{Client: &http.Client{Transport: new(nowhere)}})
	untraced := allocations(nil)
	unsampled := allocations(provider(t, sink, 0))
	traced := allocations(provider(t, sink, 1))
	t.Logf("%v untraced, %v unsampled, %v traced", untraced, unsampled, traced)
	if raced {
		t.Skip("under the race detector pools allocate at random")
	}
	if untraced > 2 || unsampled > untraced || traced > untraced {
		t.Errorf("%v untraced, %v unsampled, %v traced; want 2 of each at most", untraced, unsampled, traced)
	}
}

// nowhere is a collector that costs nothing.
type nowhere struct{ posts, bytes atomic.Int64 }

func (n *nowhere) RoundTrip(r *http.Request) (*http.Response, error) {
	size, err := io.Copy(io.Discard, r.Body)
	_ = r.Body.Close()
	n.posts.Add(1)
	n.bytes.Add(size)
	return &http.Response{StatusCode: http.StatusAccepted, Header: http.Header{}, Body: http.NoBody}, err
}

// BenchmarkRequest is what tracing one request costs, both spans and their
// export included, beside OpenTelemetry's SDK with its batch processor and its
// Zipkin exporter. cpu-ns/op is the processor time of all goroutines; spans/op
// is what arrived.
func BenchmarkRequest(b *testing.B) {
	for _, row := range []struct {
		name string
		make func(b *testing.B, client *http.Client) (pass func(), stop func() uint64)
	}{
		{"untraced", func(b *testing.B, _ *http.Client) (func(), func() uint64) {
			return newRequest(b, nil).pass, func() uint64 { return 0 }
		}},
		{"sink/unsampled", func(b *testing.B, client *http.Client) (func(), func() uint64) {
			return withSink(b, client, 0, "auto")
		}},
		{"sink", func(b *testing.B, client *http.Client) (func(), func() uint64) {
			return withSink(b, client, 1, "auto")
		}},
		{"sink/gzip", func(b *testing.B, client *http.Client) (func(), func() uint64) {
			return withSink(b, client, 1, "gzip")
		}},
		{"sdk", withSDK},
	} {
		b.Run(row.name, func(b *testing.B) {
			to := new(nowhere)
			pass, stop := row.make(b, &http.Client{Transport: to})
			b.ReportAllocs()
			before := cputime.Used()
			b.ResetTimer()
			for b.Loop() {
				pass()
			}
			spans := stop()
			b.ReportMetric(float64((cputime.Used()-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
			b.ReportMetric(float64(spans)/float64(b.N), "spans/op")
			b.ReportMetric(float64(to.bytes.Load())/float64(b.N), "sent-B/op")
		})
	}
}

func withSink(b *testing.B, client *http.Client, rate float64, compression string) (func(), func() uint64) {
	s := newSink(b, zipkin.Config{Client: client, Compression: compression})
	return newRequest(b, provider(b, s, rate)).pass, func() uint64 {
		if err := s.Close(context.Background()); err != nil {
			b.Error(err)
		}
		return s.Stats().Exported
	}
}

// withSDK makes the same spans in the way that OpenTelemetry's guides show.
func withSDK(b *testing.B, client *http.Client) (func(), func() uint64) {
	e, err := otelzipkin.New("http://127.0.0.1:9411/api/v2/spans", otelzipkin.WithClient(client))
	if err != nil {
		b.Fatal(err)
	}
	counted := &counted{Exporter: e}
	p := sdktrace.NewTracerProvider(sdktrace.WithBatcher(counted))
	q := newRequest(b, nil)
	tracer := p.Tracer("bench")
	pass := func() {
		ctx, server := tracer.Start(context.Background(), "outgoing", oteltrace.WithSpanKind(oteltrace.SpanKindServer))
		server.AddEvent("wr")
		server.SetName("outgoing /svc/hello")
		server.SetAttributes(
			attribute.String("srv/meshhop.version", "dev"), attribute.String("router.label", "outgoing"), attribute.String("service", "/svc/hello"),
			attribute.String("dtab.base", "/svc=>/#/io.l5d.fs"), attribute.String("dtab.local", ""),
			attribute.String("client", "/#/io.l5d.fs/hello"), attribute.String("residual", "/"))
		server.AddEvent("namer.success")
		ctx, client := tracer.Start(ctx, "GET /greet", oteltrace.WithSpanKind(oteltrace.SpanKindClient))
		client.SetAttributes(
			attribute.String("clnt/meshhop.version", "dev"), attribute.String("http.req.method", q.r.Method), attribute.String("http.req.host", q.r.Host),
			attribute.String("http.req.version", q.r.Proto), attribute.String("http.uri", q.r.URL.RequestURI()))
		trace.L5d().Inject(q.out, trace.FromContext(ctx))
		client.AddEvent("ws")
		client.AddEvent("wr")
		client.SetAttributes(
			attribute.Int("http.rsp.status", q.resp.StatusCode), attribute.String("http.rsp.version", q.resp.Proto),
			attribute.String("http.rsp.content-length", "1024"), attribute.String("http.rsp.content-type", "text/plain; charset=utf-8"),
			attribute.Float64("l5d.success", 1))
		client.End()
		server.AddEvent("ws")
		server.End()
	}
	return pass, func() uint64 {
		if err := p.Shutdown(context.Background()); err != nil {
			b.Error(err)
		}
		return counted.spans.Load()
	}
}

// counted counts what arrives.
type counted struct {
	*otelzipkin.Exporter
	spans atomic.Uint64
}

func (c *counted) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	err := c.Exporter.ExportSpans(ctx, spans)
	if err == nil {
		c.spans.Add(uint64(len(spans)))
	}
	return err
}

func BenchmarkSinkAdd(b *testing.B) {
	s := newSink(b, zipkin.Config{Client: &http.Client{Transport: new(nowhere)}})
	r := full()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			s.Add(r)
		}
	})
}
