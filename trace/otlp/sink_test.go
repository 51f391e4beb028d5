package otlp_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/spantest"
	"github.com/meshhop/meshhop/trace/otlp"
)

func TestPost(t *testing.T) {
	for _, compression := range []string{"auto", "gzip"} {
		c := newCollector(t, nil)
		s := newSink(t, otlp.Config{
			Endpoint: c.URL, Compression: compression, Version: "1.2",
			Headers: map[string]string{"authorization": "Bearer x", "X-Scope-OrgID": "7"},
		})
		for range 2 {
			for _, r := range spantest.Samples(8) {
				s.Add(r)
			}
			if err := s.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if stats := check(t, s, 16); stats.Exported != 16 || len(c.spans) != 16 || len(c.posts) != 2 {
			t.Fatalf("%+v; the collector has %d spans in %d posts", stats, len(c.spans), len(c.posts))
		}
		r := c.posts[0]
		want := http.Header{
			"Content-Type": {"application/x-protobuf"}, "Authorization": {"Bearer x"}, "X-Scope-Orgid": {"7"}, "User-Agent": {"meshhop-otlp-go/1.2"},
			"L5d-Sample": {"0"}, "B3": {"0"}, // a hop on the way is not to trace it
			"Content-Length": r.Header["Content-Length"],
		}
		if compression == "gzip" {
			want["Content-Encoding"] = []string{"gzip"}
		}
		if r.Method != http.MethodPost || r.URL.Path != "/v1/traces" || fmt.Sprint(r.Header) != fmt.Sprint(want) {
			t.Errorf("%s %s, %v, want %v", r.Method, r.URL, r.Header, want)
		}
		if a, b := c.posts[0].RemoteAddr, c.posts[1].RemoteAddr; a != b {
			t.Errorf("two connections: %s, %s", a, b)
		}
	}
}

func TestEndpoint(t *testing.T) {
	c := newCollector(t, nil)
	for path, want := range map[string]string{"": "/v1/traces", "/": "/v1/traces", "/v1/traces": "/v1/traces", "/otlp/x": "/otlp/x"} {
		s := newSink(t, otlp.Config{Endpoint: c.URL + path})
		s.Add(recorded()[0])
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if got := c.posts[len(c.posts)-1].URL.Path; got != want {
			t.Errorf("%q: posted to %q, want %q", path, got, want)
		}
	}
}

// TestStatus: which responses are tried again (opentelemetry.io/docs/specs/otlp, Failures).
func TestStatus(t *testing.T) {
	for _, row := range []struct {
		status int
		retry  bool
	}{
		{400, false}, {401, false}, {404, false}, {408, false}, {413, false}, {500, false}, {501, false}, {505, false}, {301, false},
		{429, true}, {502, true}, {503, true}, {504, true},
	} {
		c := newCollector(t, func(post int, w http.ResponseWriter) bool {
			if post == 1 {
				w.WriteHeader(row.status)
			}
			return post > 1
		})
		s := newSink(t, otlp.Config{Endpoint: c.URL, RetryMin: time.Millisecond})
		s.Add(recorded()[0])
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		want := trace.PipelineStats{Received: 1, Exported: 1, Retries: 1}
		if !row.retry {
			want = trace.PipelineStats{Received: 1, Dropped: trace.Drops{Status: 1}}
		}
		if stats := s.Stats(); stats != want {
			t.Errorf("%d: %+v, want %+v", row.status, stats, want)
		}
	}
}

// reply is an ExportTraceServiceResponse with a partial success.
func reply(rejected int64, message string) []byte {
	partial := binary.AppendUvarint([]byte{1 << 3}, uint64(rejected))
	partial = append(binary.AppendUvarint(append(partial, 2<<3|2), uint64(len(message))), message...)
	return append(binary.AppendUvarint([]byte{1<<3 | 2}, uint64(len(partial))), partial...)
}

// TestPartialSuccess: spans that a collector rejects are counted as dropped and said once,
// and nothing is sent again.
func TestPartialSuccess(t *testing.T) {
	long := strings.Repeat("é", 5000)
	for _, row := range []struct {
		name    string
		reply   []byte
		dropped uint64
		log     string
	}{
		{"empty", nil, 0, ""},
		{"an empty partial success", reply(0, ""), 0, ""},
		{"some", reply(3, "too old"), 3, `level=ERROR msg="spans are lost" spans=3 error="otlp: post to URL: of 8 spans 3 are rejected: \"too old\""`},
		{"all", reply(8, ""), 8, `level=ERROR msg="spans are lost" spans=8 error="otlp: post to URL: of 8 spans 8 are rejected: \"\""`},
		{"more than there are", reply(1<<62, "x"), 8, `level=ERROR msg="spans are lost" spans=8 error="otlp: post to URL: of 8 spans 8 are rejected: \"x\""`},
		{"less than none", reply(-1, ""), 0, ""},
		{"a warning", reply(0, "soon over"), 0, `level=WARN msg="the collector accepts the spans but has a warning" to=URL warning="soon over" missed=0`},
		{"a message that is cut", reply(2, long), 2, `level=ERROR msg="spans are lost" spans=2 error="otlp: post to URL: of 8 spans 2 are rejected: \"` + long[:256] + `\""`},
		{"JSON", []byte(`{"partialSuccess":{"rejectedSpans":"3"}}`), 0, ""},
		{"something else", []byte("thanks"), 0, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := newCollector(t, func(_ int, w http.ResponseWriter) bool {
				_, _ = w.Write(row.reply)
				return true
			})
			var log bytes.Buffer
			s := newSink(t, otlp.Config{Endpoint: c.URL, ErrorLog: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{
				ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
					if a.Key == slog.TimeKey {
						return slog.Attr{}
					}
					return a
				},
			}))})
			for range 2 {
				for _, r := range spantest.Samples(8) {
					s.Add(r)
				}
				if err := s.Flush(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if stats := check(t, s, 16); stats.Dropped.Status != 2*row.dropped || stats.Exported != 16-2*row.dropped || stats.Retries != 0 || len(c.posts) != 2 {
				t.Errorf("%+v in %d posts", stats, len(c.posts))
			}
			want := strings.ReplaceAll(row.log, "URL", c.URL+"/v1/traces")
			if want != "" {
				want += "\n"
			}
			if log.String() != want {
				t.Errorf("the log has\n%swant\n%s", log.String(), want)
			}
		})
	}
}

// TestErrorText: the log has what the collector says, whether in a Status or as text.
func TestErrorText(t *testing.T) {
	const words = "no such tenant"
	status := append([]byte{1 << 3, 3, 2<<3 | 2, byte(len(words))}, words...)
	for _, body := range [][]byte{status, []byte(words)} {
		c := newCollector(t, func(_ int, w http.ResponseWriter) bool {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write(body)
			return false
		})
		var log bytes.Buffer
		s := newSink(t, otlp.Config{Endpoint: c.URL, ErrorLog: slog.New(slog.NewTextHandler(&log, nil)), Headers: map[string]string{"Authorization": "s3cret"}})
		s.Add(recorded()[0])
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if text := log.String(); !strings.Contains(text, `status 403: \"no such tenant\"`) || strings.Contains(text, "s3cret") {
			t.Errorf("%q: the log has %s", body, text)
		}
	}
}

// TestDeliversExactly: compressed, in posts of a limited size and side by side, each span
// arrives once.
func TestDeliversExactly(t *testing.T) {
	c := newCollector(t, nil)
	s := newSink(t, otlp.Config{Endpoint: c.URL, Compression: "gzip", MaxBodyBytes: 64 << 10})
	const goroutines, each = 8, 500
	var wait sync.WaitGroup
	for g := range goroutines {
		wait.Go(func() {
			for i := range each {
				r := *recorded()[i%5]
				r.Span = [8]byte{1, byte(g), byte(i >> 8), byte(i)}
				s.Add(&r)
			}
		})
	}
	wait.Wait()
	if err := s.Close(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
	check(t, s, goroutines*each)
	seen := map[string]bool{}
	for _, span := range c.spans {
		seen[span.SpanID] = true
	}
	if len(seen) != goroutines*each || len(c.spans) != len(seen) {
		t.Errorf("%d spans, %d different ones", len(c.spans), len(seen))
	}
	for _, b := range c.bodies {
		if len(b) > 64<<10 {
			t.Errorf("a body of %d bytes", len(b))
		}
	}
}

// TestBodySize: no body is larger than MaxBodyBytes, however the spans of a hop and of
// programs alternate, and each scope stands in a body once.
func TestBodySize(t *testing.T) {
	const limit = 8 << 10
	for _, scopes := range []int{0, 1, 2, 5, 40} {
		t.Run(strconv.Itoa(scopes), func(t *testing.T) {
			c := newCollector(t, nil)
			s := newSink(t, otlp.Config{Endpoint: c.URL, MaxBodyBytes: limit, MaxBytes: 128 << 10, Uploads: 1})
			n := 0
			for size := range 300 {
				r := &trace.Record{Name: strings.Repeat("x", 37*size%700)}
				if scopes > 0 && size%3 > 0 {
					r.Scope = "s" + strconv.Itoa(size%scopes)
				}
				s.Add(r)
				n++
				if size%100 == 99 {
					if err := s.Flush(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
			}
			if stats := check(t, s, n); stats.Exported != uint64(n) || len(c.spans) != n {
				t.Errorf("%+v, the collector has %d", stats, len(c.spans))
			}
			largest := 0
			for _, b := range c.bodies {
				largest = max(largest, len(b))
				d, err := decodeAll(b)
				if err != nil {
					t.Fatal(err)
				}
				if len(d.ResourceSpans) != 1 {
					t.Errorf("%d resources", len(d.ResourceSpans))
				}
				var names []string
				for _, ss := range d.ResourceSpans[0].ScopeSpans {
					names = append(names, ss.Scope.Name)
				}
				slices.Sort(names)
				if scopes < 30 && len(slices.Compact(slices.Clone(names))) != len(names) {
					t.Errorf("scopes twice: %v", names)
				}
			}
			if largest > limit || largest < limit/2 {
				t.Errorf("the largest body has %d bytes, the limit is %d", largest, limit)
			}
		})
	}
}

// TestTooLarge: after a 413 posts are smaller.
func TestTooLarge(t *testing.T) {
	c := newCollector(t, nil)
	const limit = 200 << 10
	inner := c.Config.Handler
	c.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > limit {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		inner.ServeHTTP(w, r)
	})
	s := newSink(t, otlp.Config{Endpoint: c.URL, MaxRetries: -1})
	const n = 3000
	for i := range n {
		s.Add(recorded()[i%4])
	}
	if err := s.Close(within(t, time.Minute)); err != nil {
		t.Error(err)
	}
	if stats := check(t, s, n); stats.Exported != n || len(c.spans) != n {
		t.Errorf("%+v; the collector has %d", stats, len(c.spans))
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []otlp.Config{
		{}, {Endpoint: "http://a"}, // no Service
		{Service: "s", Endpoint: "127.0.0.1:4318"}, {Service: "s", Endpoint: "grpc://a/b"}, {Service: "s", Endpoint: "http://"}, {Service: "s", Endpoint: "http://a b"},
		{Service: "s", Headers: map[string]string{"content-type": "x"}}, {Service: "s", Headers: map[string]string{"a b": "x"}}, {Service: "s", Headers: map[string]string{"a": "x\n"}},
		{Service: "s", Resource: []attribute.KeyValue{attribute.String("service.name", "t")}},
		{Service: "s", Version: "1", Resource: []attribute.KeyValue{attribute.String("service.version", "2")}},
		{Service: "s", Resource: []attribute.KeyValue{attribute.String("", "t")}},
		{Service: "s", Resource: []attribute.KeyValue{attribute.String("a", "1"), attribute.String("a", "2")}},
		{Service: "s", MaxBodyBytes: 4096, Resource: []attribute.KeyValue{attribute.String("a", strings.Repeat("x", 2048))}},
		{Service: "s", Timeout: -1}, {Service: "s", MaxBodyBytes: 100}, {Service: "s", MaxBytes: 1000}, {Service: "s", Uploads: -1}, {Service: "s", FlushEvery: -1},
		{Service: "s", RetryMin: -1}, {Service: "s", RetryMax: -1}, {Service: "s", Compression: "zstd"},
	} {
		s, err := otlp.New(c)
		if err == nil {
			_ = s.Close(t.Context())
			t.Errorf("accepted %+v", c)
		} else if !strings.HasPrefix(err.Error(), "otlp: ") {
			t.Error(err)
		}
	}
}
