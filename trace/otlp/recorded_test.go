package otlp_test

import (
	"encoding/json"
	"flag"
	"math"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/otlp"
)

var update = flag.Bool("update", false, "rewrite testdata/request.pb")

// recorded are the spans of testdata/request.pb: those of two hops, one of which gets no
// response, and spans of a program.
func recorded() []*trace.Record {
	start := time.Date(2026, 3, 14, 15, 9, 26, 535_123_457, time.UTC)
	at := func(ms float64) time.Time { return start.Add(time.Duration(ms * float64(time.Millisecond))) }
	id := oteltrace.TraceID{8: 0x7e, 15: 1}
	span := func(n byte) oteltrace.SpanID { return oteltrace.SpanID{0: 0x80, 7: n} }
	list := []*trace.Record{
		{
			Context: trace.Context{Trace: id, Span: span(1), Sampling: trace.Keep, Random: true},
			Name:    "outgoing /svc/hello", Service: "0.0.0.0/4140", Kind: oteltrace.SpanKindServer, Start: start, End: at(12),
			Local: netip.MustParseAddrPort("10.0.0.1:4140"), Peer: netip.MustParseAddrPort("[::ffff:10.0.0.9]:53211"),
			Request: trace.ServerRequest{Method: "GET", Scheme: "http", Host: "hello:8080", Path: "/greet", Query: "name=world", Proto: "HTTP/1.1", UserAgent: "curl/8.5.0", Status: 502},
			Attributes: []attribute.KeyValue{
				attribute.String("srv/meshhop.version", "1.0"), attribute.String("router.label", "outgoing"), attribute.String("service", "/svc/hello"),
				attribute.String("dtab.base", "/svc=>/#/io.l5d.fs"), attribute.String("dtab.local", ""), attribute.String("client", "/#/io.l5d.fs/hello"),
				attribute.String("residual", "/"), attribute.String("io.buoyant.router.Failure", "Service"),
			},
			Events: []trace.Event{
				{Name: "wr", Time: start}, {Name: "namer.success", Time: at(1)},
				{Name: "meshhop.backoff", Time: at(5), Attributes: []attribute.KeyValue{attribute.String("wait", "5ms")}}, {Name: "ws", Time: at(12)},
			},
			Status: codes.Error, StatusText: "connection refused",
		},
		{
			Context: trace.Context{Trace: id, Span: span(2), Parent: span(1), Sampling: trace.Keep},
			Name:    "GET /greet", Service: "#/io.l5d.fs/hello", Kind: oteltrace.SpanKindClient, Start: at(2), End: at(4),
			Local: netip.MustParseAddrPort("10.0.0.1:40000"), Peer: netip.MustParseAddrPort("10.196.2.45:7778"),
			Attributes: []attribute.KeyValue{
				attribute.String("clnt/meshhop.version", "1.0"), attribute.String("http.req.method", "GET"), attribute.String("http.req.host", "hello:8080"),
				attribute.String("http.req.version", "HTTP/1.1"), attribute.String("http.uri", "/greet?name=world"),
				attribute.String("http.req.content-length", "3"), attribute.String("http.req.content-type", "text/plain"),
				attribute.Int("meshhop.attempt", 1), attribute.Int("http.rsp.status", 503), attribute.String("http.rsp.version", "HTTP/1.1"),
				attribute.String("http.rsp.content-length", "1024"), attribute.String("http.rsp.content-type", "text/html"), attribute.Float64("l5d.success", 0.5),
			},
			Events: []trace.Event{{Name: "ws", Time: at(2.5)}, {Name: "wr", Time: at(3.75)}, {Name: "l5d.retryable", Time: at(4)}},
		},
		{
			Context: trace.Context{Trace: id, Span: span(3), Parent: span(1), Sampling: trace.Keep},
			Name:    "PURGE /greet", Service: "#/io.l5d.fs/hello", Kind: oteltrace.SpanKindClient, Start: at(9), End: at(11),
			Attributes: []attribute.KeyValue{
				attribute.String("http.req.method", "PURGE"), attribute.String("http.req.host", "hello"), attribute.String("http.uri", "/greet"),
				attribute.Int("meshhop.attempt", 2), attribute.Bool("error", true), attribute.String("exception.type", "*net.OpError"),
				attribute.String("exception.message", "connection refused"),
			},
			Status: codes.Error, StatusText: "connection refused",
		},
		{
			Context: trace.Context{Trace: oteltrace.TraceID{0: 0x46, 15: 9}, Span: span(4), Parent: span(3), Sampling: trace.Keep, Wide: true, State: "a=b,c=d"},
			Name:    "work", Service: "edge", Kind: oteltrace.SpanKindInternal, Start: at(20), End: at(30), Scope: "example", ScopeVersion: "v2",
			Attributes: []attribute.KeyValue{
				attribute.Bool("no", false), attribute.Int64("least", math.MinInt64), attribute.Float64("pi", math.Pi), attribute.Bool("yes", true),
				attribute.StringSlice("texts", []string{"a", ""}), attribute.Int64Slice("numbers", []int64{1, -1}), attribute.BoolSlice("bools", []bool{true, false}),
				attribute.Float64Slice("floats", []float64{0.5}), attribute.ByteSlice("bytes", []byte{0, 255}), attribute.String("odd", "\x00é\xff"),
				attribute.String("http.uri", "/of/the/program"),
			},
			Links: []oteltrace.Link{{
				SpanContext: oteltrace.NewSpanContext(oteltrace.SpanContextConfig{TraceID: id, SpanID: span(1), TraceFlags: 1, Remote: true}),
				Attributes:  []attribute.KeyValue{attribute.String("why", "batch")},
			}},
			Status:            codes.Ok,
			DroppedAttributes: 3, DroppedEvents: 2, DroppedLinks: 1,
		},
		{
			Context: trace.Context{Trace: id, Span: span(5), Sampling: trace.Keep},
			Name:    "incoming /svc/world", Service: "0.0.0.0/4141", Kind: oteltrace.SpanKindServer, Start: at(40), End: at(40),
		},
	}
	return list
}

func recordedConfig() otlp.Config {
	return otlp.Config{MaxBytes: ordered, Service: "edge", Version: "1.0", Resource: []attribute.KeyValue{attribute.String("host.name", "node-1")}}
}

// TestRecorded holds the encoder to testdata/request.pb, byte for byte, and what is read
// there to testdata/request.json: that is what the OpenTelemetry Collector says of it.
// The tests of examples/otlp post the file to one and compare.
func TestRecorded(t *testing.T) {
	body := send(t, recordedConfig(), recorded()...)
	if *update {
		if err := os.WriteFile("testdata/request.pb", body, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/request.pb")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, body); diff != "" {
		t.Errorf("testdata/request.pb (-want +got):\n%s", diff)
	}
	got, err := decode(body, request())
	if err != nil {
		t.Fatal(err)
	}
	said, err := os.ReadFile("testdata/request.json")
	if err != nil {
		t.Fatal(err)
	}
	var collector map[string]any
	if err := json.Unmarshal(said, &collector); err != nil {
		t.Fatal(err)
	}
	for _, rs := range got["resourceSpans"].([]any) {
		for _, ss := range rs.(map[string]any)["scopeSpans"].([]any) {
			for _, s := range ss.(map[string]any)["spans"].([]any) {
				if s := s.(map[string]any); s["status"] == nil {
					s["status"] = map[string]any{} // as the Collector writes it
				}
			}
		}
	}
	if diff := cmp.Diff(collector, got); diff != "" {
		t.Errorf("testdata/request.json (-want +got):\n%s", diff)
	}
}
