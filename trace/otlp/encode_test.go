package otlp_test

import (
	"math"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/otlp"
)

// TestEdges: what has no direct counterpart in the protocol.
func TestEdges(t *testing.T) {
	for _, row := range []struct {
		name   string
		record trace.Record
		want   func(s decodedSpan) bool
	}{
		{"an id of 64 bits", trace.Record{Context: trace.Context{Trace: oteltrace.TraceID{8: 0xab, 15: 1}}},
			func(s decodedSpan) bool { return s.TraceID == "0000000000000000ab00000000000001" }},
		{"no parent", trace.Record{}, func(s decodedSpan) bool { return s.ParentSpanID == "" }},
		{"no time", trace.Record{}, func(s decodedSpan) bool { return s.StartTimeUnixNano == "0" }},
		{"before 1970", trace.Record{Start: time.Unix(-1, 5)}, func(s decodedSpan) bool { return s.StartTimeUnixNano == "0" }},
		{"after 2262", trace.Record{End: time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)}, func(s decodedSpan) bool { return s.EndTimeUnixNano == "0" }},
		{"a nanosecond", trace.Record{Start: time.Unix(1, 1)}, func(s decodedSpan) bool { return s.StartTimeUnixNano == "1000000001" }},
		{"an event without a time", trace.Record{Start: time.Unix(1, 0), Events: []trace.Event{{Name: "e"}}},
			func(s decodedSpan) bool { return s.Events[0].TimeUnixNano == "1000000000" }},
		{"not UTF-8", trace.Record{Name: "a\xffb"}, func(s decodedSpan) bool { return s.Name == "a\ufffdb" }},
		{"an unknown kind", trace.Record{Kind: 9}, func(s decodedSpan) bool { return s.Kind == 0 }},
		{"flags", trace.Record{Context: trace.Context{Trace: oteltrace.TraceID{15: 1}, Sampling: trace.Keep, Random: true}}, func(s decodedSpan) bool { return s.Flags == 3 }},
		{"a long name", trace.Record{Name: strings.Repeat("n", 40_000)}, func(s decodedSpan) bool { return len(s.Name) == 40_000 }},
		{"a message for each room of a length", trace.Record{Name: strings.Repeat("n", 100), Events: []trace.Event{{Name: strings.Repeat("e", 20_000)}}},
			func(s decodedSpan) bool { return len(s.Events[0].Name) == 20_000 && len(s.Name) == 100 }},
	} {
		if got := spansOf(t, &row.record)[0]; !row.want(got) {
			t.Errorf("%s: %+v", row.name, got)
		}
	}
}

// TestLengths: a span of each length around those at which the number of bytes that hold
// the length changes.
func TestLengths(t *testing.T) {
	for _, n := range []int{0, 20, 40, 60, 80, 100, 120, 16_260, 16_280, 16_300, 16_370} {
		var records []*trace.Record
		for i := range 20 {
			records = append(records, &trace.Record{Name: strings.Repeat("n", n+i), Attributes: []attribute.KeyValue{attribute.ByteSlice("b", make([]byte, min(n+i, 200)))}})
		}
		for i, s := range spansOf(t, records...) {
			if s.Name != records[i].Name || len(s.Attributes) != 1 {
				t.Errorf("span %d: a name of %d bytes, want %d", i, len(s.Name), len(records[i].Name))
			}
		}
	}
	spansOf(t, &trace.Record{Attributes: []attribute.KeyValue{attribute.ByteSlice("b", make([]byte, 16_379)), attribute.ByteSlice("c", make([]byte, 16_380)), attribute.ByteSlice("d", make([]byte, 16_384))}})
}

// TestServiceNames: the service name of a span that is not the resource's.
func TestServiceNames(t *testing.T) {
	for kind, key := range map[oteltrace.SpanKind]string{
		oteltrace.SpanKindServer: "srv/meshhop.label", oteltrace.SpanKindClient: "clnt/meshhop.label", oteltrace.SpanKindInternal: "meshhop.label",
	} {
		got := spansOf(t, &trace.Record{Kind: kind, Service: "other"}, &trace.Record{Kind: kind, Service: "edge"})
		if diff := cmp.Diff(map[string]string{key: "other"}, attributes(got[0].Attributes)); diff != "" {
			t.Error(diff)
		}
		if len(got[1].Attributes) != 0 {
			t.Errorf("the resource's name again: %v", got[1].Attributes)
		}
	}
}

// TestHTTP: the attributes of a hop's spans under the names of OpenTelemetry's conventions.
func TestHTTP(t *testing.T) {
	client := func(kvs ...attribute.KeyValue) *trace.Record {
		return &trace.Record{Kind: oteltrace.SpanKindClient, Attributes: kvs}
	}
	server := func(q trace.ServerRequest) *trace.Record {
		return &trace.Record{Kind: oteltrace.SpanKindServer, Request: q}
	}
	text, number := attribute.String, attribute.Int
	for _, row := range []struct {
		name   string
		record *trace.Record
		want   map[string]string
		status int
	}{
		{"nothing", client(), map[string]string{}, 0},
		{"a target in the form of OPTIONS", client(text("http.req.host", "h"), text("http.uri", "*")),
			map[string]string{"server.address": "h", "server.port": `{"intValue":"80"}`, "url.path": "*"}, 0},
		{"a port that is none", client(text("http.req.host", "h:99999")), map[string]string{"server.address": "h"}, 0},
		{"an address of IPv6", client(text("http.req.host", "[::1]:81"), text("http.uri", "/?")),
			map[string]string{"server.address": "::1", "server.port": `{"intValue":"81"}`, "url.path": "/", "url.full": "http://[::1]:81/?"}, 0},
		{"HTTP/1.0", client(text("http.req.version", "HTTP/1.0")), map[string]string{"network.protocol.version": "1.0"}, 0},
		{"headers", client(text("http.req.transfer-encoding", "chunked"), text("http.rsp.transfer-encoding", "gzip, chunked")), map[string]string{
			"http.request.header.transfer-encoding":  `{"arrayValue":{"values":[{"stringValue":"chunked"}]}}`,
			"http.response.header.transfer-encoding": `{"arrayValue":{"values":[{"stringValue":"gzip, chunked"}]}}`}, 0},
		{"a third attempt", client(number("meshhop.attempt", 3)),
			map[string]string{"meshhop.attempt": `{"intValue":"3"}`, "http.request.resend_count": `{"intValue":"2"}`}, 0},
		{"399 to a client", client(number("http.rsp.status", 399)), map[string]string{"http.response.status_code": `{"intValue":"399"}`}, 0},
		{"400 to a client", client(number("http.rsp.status", 400)), map[string]string{"http.response.status_code": `{"intValue":"400"}`, "error.type": "400"}, 2},
		{"a status and an exception", client(number("http.rsp.status", 200), text("exception.type", "*e")),
			map[string]string{"http.response.status_code": `{"intValue":"200"}`, "exception.type": "*e", "error.type": "*e"}, 0},
		{"404 by a server", server(trace.ServerRequest{Status: http.StatusNotFound}), map[string]string{"http.response.status_code": `{"intValue":"404"}`}, 0},
		{"500 by a server", server(trace.ServerRequest{Status: 500}), map[string]string{"http.response.status_code": `{"intValue":"500"}`, "error.type": "500"}, 2},
		{"https", server(trace.ServerRequest{Method: "BREW", Scheme: "https", Host: "h", Path: "/", Proto: "HTTP/1.1"}), map[string]string{
			"http.request.method": "_OTHER", "http.request.method_original": "BREW", "url.scheme": "https", "url.path": "/",
			"server.address": "h", "server.port": `{"intValue":"443"}`, "network.protocol.version": "1.1"}, 0},
	} {
		got := spansOf(t, row.record)[0]
		if diff := cmp.Diff(row.want, attributes(got.Attributes)); diff != "" || got.Status.Code != row.status {
			t.Errorf("%s: status %d, want %d; %s", row.name, got.Status.Code, row.status, diff)
		}
	}
}

// FuzzEncode: whatever a span has, the request can be read, and all texts are UTF-8, which
// the decoder checks.
func FuzzEncode(f *testing.F) {
	f.Add("GET /", "h:80", "/?q", "scope", int64(503), 0.5, []byte("b"))
	f.Add("\xff", "\x80:x", "\xc3", "", int64(math.MinInt64), math.Inf(1), []byte(nil))
	f.Add(strings.Repeat("x", 127), "[", "?", "\xf0", int64(-1), math.NaN(), []byte(strings.Repeat("y", 16_384)))
	f.Fuzz(func(t *testing.T, name, host, uri, scope string, n int64, d float64, b []byte) {
		r := &trace.Record{
			Name: name, Service: host, Scope: scope, ScopeVersion: uri, Kind: oteltrace.SpanKindClient, StatusText: name, Status: 1,
			Start: time.Unix(n, 0), End: time.Unix(0, n),
			Request: trace.ServerRequest{Method: name, Scheme: scope, Host: host, Path: uri, Query: name, Proto: scope, UserAgent: uri, Status: int(int32(n))},
			Attributes: []attribute.KeyValue{
				attribute.String(name, uri), attribute.String("http.req.host", host), attribute.String("http.uri", uri), attribute.String("http.req.method", name),
				attribute.Int64("http.rsp.status", n), attribute.Float64("d", d), attribute.ByteSlice("b", b), attribute.StringSlice("l", []string{name, host}),
			},
			Events: []trace.Event{{Name: host, Attributes: []attribute.KeyValue{attribute.String(uri, name)}}},
		}
		r.State = scope
		if got := spansOf(t, r, r); len(got) != 2 {
			t.Errorf("%d spans", len(got))
		}
	})
}

// FuzzReply: whatever a collector answers is read in bounds.
func FuzzReply(f *testing.F) {
	f.Add(reply(3, "why"))
	f.Add(reply(-1, ""))
	f.Add([]byte("no protobuf"))
	f.Add([]byte{0x08, 3, 0x12, 2, 'n', 'o'})
	f.Add([]byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 8, 1})
	f.Add([]byte{0x0d, 1, 2})
	f.Fuzz(func(t *testing.T, body []byte) {
		rejected, message := otlp.PartialSuccess(body)
		if rejected > math.MaxInt64 || len(message) > len(body) {
			t.Errorf("%d, %q", rejected, message)
		}
		if text := otlp.StatusText(body); len(text) > len(body) || len(body) > 0 && text == "" {
			t.Errorf("%s of %q", strconv.Quote(text), body)
		}
	})
}
