package otlp_test

import (
	"context"
	"io"
	"net/http"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/cputime"
	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/otlp"
	"github.com/meshhop/meshhop/trace/zipkin"
)

// pass returns what a hop does about tracing for one request.
func pass(t testing.TB, sink trace.Sink, rate float64) func() {
	t.Helper()
	sampler, err := trace.NewSampler(rate)
	if err != nil {
		t.Fatal(err)
	}
	p, err := trace.NewProvider(trace.ProviderConfig{Sink: sink, Sampler: sampler})
	if err != nil {
		t.Fatal(err)
	}
	h := (*hopspan.Hop)(trace.NewHop(trace.HopConfig{TracerProvider: p}))
	r, err := http.NewRequest(http.MethodGet, "http://hello/greet?name=world", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("User-Agent", "curl/8.5.0")
	resp := &http.Response{StatusCode: 200, Proto: "HTTP/1.1", ContentLength: 1024,
		Header: http.Header{"Content-Length": {"1024"}, "Content-Type": {"text/plain; charset=utf-8"}}}
	own := netip.MustParseAddrPort("10.0.0.1:4140")
	start := hopspan.ServerStart{Service: "0.0.0.0/4140", Router: "outgoing", Request: r,
		Addresses: func(*http.Request) (local, peer netip.AddrPort) {
			return own, netip.MustParseAddrPort("10.0.0.9:53211")
		}}
	replica := netip.MustParseAddrPort("10.196.2.45:7778")
	in := http.Header{"Accept": {"*/*"}}
	return func() {
		ctx, server := h.StartServer(context.Background(), in, start)
		hopspan.Identified(server, hopspan.Request{Router: "outgoing", Dst: "/svc/hello", BaseDtab: "/svc=>/#/io.l5d.fs"})
		hopspan.Bound(server, "/#/io.l5d.fs/hello", "/")
		ctx, client := h.StartClient(ctx, r, hopspan.ClientStart{Service: "#/io.l5d.fs/hello", Peer: replica})
		h.L5d(ctx)
		hopspan.Connected(client, own, replica)
		hopspan.Sent(client, time.Now())
		hopspan.Received(client, time.Now())
		hopspan.Responded(client, resp, 1)
		hopspan.EndClient(client, nil)
		hopspan.EndServer(server, 200)
	}
}

// With and without spans a request allocates the same.
func TestTracingAllocatesNothing(t *testing.T) {
	s := newSink(t, otlp.Config{Client: &http.Client{Transport: new(nowhere)}})
	unsampled := testing.AllocsPerRun(2000, pass(t, s, 0))
	traced := testing.AllocsPerRun(2000, pass(t, s, 1))
	t.Logf("%v unsampled, %v traced", unsampled, traced)
	if raced {
		t.Skip("under the race detector pools allocate at random")
	}
	if unsampled > 2 || traced > unsampled {
		t.Errorf("%v unsampled, %v traced; want 2 of each at most", unsampled, traced)
	}
	if stats := s.Stats(); stats.Received < 4000 || stats.Dropped.Total() > 0 {
		t.Errorf("%+v", stats)
	}
}

// nowhere is a collector that costs nothing.
type nowhere struct{ bytes atomic.Int64 }

func (n *nowhere) RoundTrip(r *http.Request) (*http.Response, error) {
	size, err := io.Copy(io.Discard, r.Body)
	_ = r.Body.Close()
	n.bytes.Add(size)
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: http.NoBody}, err
}

// BenchmarkRequest is what tracing one request costs, both spans and their export
// included, beside the sink of package zipkin. cpu-ns/op is the processor time of all
// goroutines.
func BenchmarkRequest(b *testing.B) {
	type closer interface {
		trace.Sink
		Close(context.Context) error
		Stats() trace.PipelineStats
	}
	for _, row := range []struct {
		name string
		sink func(*http.Client) (closer, error)
	}{
		{"otlp", func(c *http.Client) (closer, error) { return otlp.New(otlp.Config{Client: c, Service: "edge"}) }},
		{"otlp/gzip", func(c *http.Client) (closer, error) {
			return otlp.New(otlp.Config{Client: c, Service: "edge", Compression: "gzip"})
		}},
		{"zipkin", func(c *http.Client) (closer, error) { return zipkin.New(zipkin.Config{Client: c}) }},
	} {
		b.Run(row.name, func(b *testing.B) {
			to := new(nowhere)
			s, err := row.sink(&http.Client{Transport: to})
			if err != nil {
				b.Fatal(err)
			}
			request := pass(b, s, 1)
			b.ReportAllocs()
			before := cputime.Used()
			b.ResetTimer()
			for b.Loop() {
				request()
			}
			if err := s.Close(context.Background()); err != nil {
				b.Error(err)
			}
			b.ReportMetric(float64((cputime.Used()-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
			b.ReportMetric(float64(s.Stats().Exported)/float64(b.N), "spans/op")
			b.ReportMetric(float64(to.bytes.Load())/float64(b.N), "sent-B/op")
		})
	}
}
