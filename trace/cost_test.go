package trace_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/trace"
)

type discard struct{}

func (discard) Add(*trace.Record) {}

// The whole of an unsampled request at a hop: two spans.
func TestAllocationsOfAnUnsampledRequest(t *testing.T) {
	h := hop(trace.HopConfig{TracerProvider: provider(t, trace.ProviderConfig{Sink: discard{}, Sampler: sampler(t, 0)})})
	for name, row := range map[string]struct {
		in    string
		limit float64
	}{
		"a new trace":        {"", 1},
		"somebody's trace":   {"AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAI=", 1},
		"an undecided trace": {"AAAAAAAAAAMAAAAAAAAAAgAAAAAAAAABAAAAAAAAAAA=", 1},
	} {
		t.Run(name, func(t *testing.T) {
			in := http.Header{"Accept": {"text/plain"}}
			if row.in != "" {
				in.Set("l5d-ctx-trace", row.in)
			}
			r := request(t, "GET", "http://world/a?q=1")
			resp := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/plain"}}}
			ctx := context.Background()
			got := testing.AllocsPerRun(1000, func() {
				ctx, server := h.StartServer(ctx, in, serverStart)
				hopspan.Identified(server, identified)
				hopspan.Bound(server, "/#/io.l5d.fs/world", "")
				ctx, client := h.StartClient(ctx, r, hopspan.ClientStart{Service: "#/io.l5d.fs/world", Peer: clientPeer})
				h.L5d(ctx)
				hopspan.Sent(client, time.Now())
				hopspan.Received(client, time.Now())
				hopspan.Responded(client, resp, 1)
				hopspan.EndClient(client, nil)
				hopspan.EndServer(server, 200)
			})
			t.Logf("%v allocations", got)
			if got > row.limit {
				t.Errorf("%v allocations, want no more than %v", got, row.limit)
			}
		})
	}
}

// The first attempt is in the memory of the server span, and no other is.
func TestSpansOfAttemptsAreTheirOwn(t *testing.T) {
	for name, rate := range map[string]float64{"recorded": 1, "not recorded": 0} {
		t.Run(name, func(t *testing.T) {
			h := hop(trace.HopConfig{TracerProvider: provider(t, trace.ProviderConfig{Sink: new(forgetful), Sampler: sampler(t, rate)})})
			ctx, server := h.StartServer(context.Background(), http.Header{}, serverStart)
			r := request(t, "GET", "http://world/")
			seen := map[string]bool{server.SpanContext().SpanID().String(): true}
			var clients []oteltrace.Span
			for range 3 {
				_, client := h.StartClient(ctx, r, hopspan.ClientStart{})
				clients = append(clients, client)
			}
			for _, client := range clients {
				seen[client.SpanContext().SpanID().String()] = true
				hopspan.EndClient(client, nil)
			}
			if len(seen) != 4 {
				t.Errorf("%d ids for four spans", len(seen))
			}
		})
	}
}

func TestAllocationsOfASampledSpan(t *testing.T) {
	h := hop(trace.HopConfig{TracerProvider: provider(t, trace.ProviderConfig{Sink: discard{}, Sampler: sampler(t, 1)})})
	in := http.Header{}
	r := request(t, "GET", "http://world/")
	got := testing.AllocsPerRun(1000, func() { hopOnce(h, in, r) })
	t.Logf("%v allocations for two recorded spans", got)
	if got > 2 {
		t.Errorf("%v allocations for two recorded spans, want no more than 2", got)
	}
}

// The whole of a request that is held in case it is kept: its records are those that leave
// for it.
func TestAllocationsOfAHeldRequest(t *testing.T) {
	for name, sink := range map[string]trace.Sink{"kept": discard{}, "lent": new(forgetful)} {
		h := hop(trace.HopConfig{TracerProvider: provider(t, trace.ProviderConfig{Sink: sink, Sampler: sampler(t, 0),
			Keep: &trace.KeepConfig{Errors: true, Slowest: 1, Overrides: true, BufferBytes: 64 << 10}})})
		in := http.Header{} // a trace each: one that is kept would be kept on
		r := request(t, "GET", "http://world/")
		for range 1000 {
			hopOnce(h, in, r)
		}
		got := testing.AllocsPerRun(1000, func() { hopOnce(h, in, r) })
		t.Logf("%v allocations for two spans that are held", got)
		if got > 2 {
			t.Errorf("%s: %v allocations for two spans that are held, want no more than 2", name, got)
		}
	}
}

// A request whose sampler waits for its name pays for the span that is thrown away, and
// not for the memory of its record.
func TestAllocationsOfARequestThatWaits(t *testing.T) {
	s := samplerWith(t, trace.SamplerConfig{Services: []trace.ServiceRate{{Prefix: "/svc/other", Rate: 1}}, MaxPerSecond: 10})
	h := hop(trace.HopConfig{TracerProvider: provider(t, trace.ProviderConfig{Sink: new(forgetful), Sampler: s})})
	in := http.Header{}
	r := request(t, "GET", "http://world/")
	got := testing.AllocsPerRun(1000, func() { hopOnce(h, in, r) })
	t.Logf("%v allocations", got)
	if got > 2 {
		t.Errorf("%v allocations, want no more than 2", got)
	}
}

func hopOnce(h *hopspan.Hop, in http.Header, r *http.Request) {
	ctx, server := h.StartServer(context.Background(), in, serverStart)
	hopspan.Identified(server, identified)
	hopspan.Bound(server, "/#/io.l5d.fs/world", "/")
	ctx, client := h.StartClient(ctx, r, hopspan.ClientStart{Service: "#/io.l5d.fs/world", Peer: clientPeer})
	h.L5d(ctx)
	hopspan.Sent(client, time.Now())
	hopspan.Received(client, time.Now())
	hopspan.EndClient(client, nil)
	if h.Keeps() {
		hopspan.Responding(server, 200)
	}
	hopspan.EndServer(server, 200)
}

func BenchmarkHop(b *testing.B) {
	rules := trace.SamplerConfig{Services: []trace.ServiceRate{{Prefix: "/svc/other", Rate: 1}}}
	for _, row := range []struct {
		name    string
		sampler trace.SamplerConfig
		keep    *trace.KeepConfig
	}{
		{"sampled", trace.SamplerConfig{Rate: 1}, nil},
		{"sampled, limited", trace.SamplerConfig{Rate: 1, MaxPerSecond: 100_000}, nil},
		{"unsampled", trace.SamplerConfig{}, nil},
		{"unsampled, by a limit", trace.SamplerConfig{Rate: 1, MaxPerSecond: 1}, nil},
		{"unsampled, by the name", rules, nil},
		{"unsampled, held", trace.SamplerConfig{}, &trace.KeepConfig{Errors: true, Slowest: 5, Overrides: true}},
	} {
		b.Run(row.name, func(b *testing.B) {
			h := hop(trace.HopConfig{TracerProvider: provider(b, trace.ProviderConfig{Sink: new(forgetful), Sampler: samplerWith(b, row.sampler), Keep: row.keep})})
			in := http.Header{}
			r := request(b, "GET", "http://world/")
			b.ReportAllocs()
			for b.Loop() {
				hopOnce(h, in, r)
			}
		})
	}
}

func BenchmarkSpan(b *testing.B) {
	for name, rate := range map[string]float64{"sampled": 1, "unsampled": 0} {
		b.Run(name, func(b *testing.B) {
			tracer := provider(b, trace.ProviderConfig{Sink: discard{}, Sampler: sampler(b, rate)}).Tracer("bench")
			b.ReportAllocs()
			for b.Loop() {
				_, span := tracer.Start(context.Background(), "x")
				if span.IsRecording() {
					span.SetAttributes(attribute.Int("n", 1))
				}
				span.End()
			}
		})
	}
}

func BenchmarkPipelineAdd(b *testing.B) {
	p, err := trace.NewPipeline(trace.PipelineConfig{Exporter: new(scripted), QueueSize: 1 << 16})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close(context.Background())
	r := new(trace.Record)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			p.Add(r)
		}
	})
}
