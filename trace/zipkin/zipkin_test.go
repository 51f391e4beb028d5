package zipkin_test

import (
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/openzipkin/zipkin-go/model"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	oteltrace "go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/spantest"
	"github.com/meshhop/meshhop/trace/tracetest"
	"github.com/meshhop/meshhop/trace/zipkin"
	"github.com/meshhop/meshhop/trace/zipkin/stock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collector keeps what is posted to it.
type collector struct {
	*httptest.Server
	mu     sync.Mutex
	posts  []*http.Request
	bodies [][]byte
	spans  []model.SpanModel
}

func newCollector(t testing.TB) *collector {
	c := new(collector)
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(in)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			in = z
		}
		body, err := io.ReadAll(in)
		var spans []model.SpanModel
		if err = errors.Join(err, json.Unmarshal(body, &spans)); err != nil {
			t.Errorf("%v in %s", err, body)
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.posts, c.bodies, c.spans = append(c.posts, r), append(c.bodies, body), append(c.spans, spans...)
		w.WriteHeader(http.StatusAccepted)
	}))
	t.Cleanup(c.Close)
	return c
}

func exporter(t testing.TB, c zipkin.Config) trace.Exporter {
	t.Helper()
	return engines[0].exporter(t, c)
}

// engine is a way to write the JSON.
type engine struct {
	name string
	new  func(zipkin.Config) (trace.Exporter, error)
}

var (
	stockEngine = engine{"stock", stock.New}
	engines     = []engine{{"sink", newSinkExporter}, stockEngine}
)

// sinkExporter is a Sink that has sent what it is given when Export returns.
type sinkExporter struct{ *zipkin.Sink }

func newSinkExporter(c zipkin.Config) (trace.Exporter, error) {
	s, err := zipkin.New(c)
	if err != nil {
		return nil, err
	}
	return sinkExporter{s}, nil
}

func (s sinkExporter) Export(ctx context.Context, spans []*trace.Record) error {
	for _, r := range spans {
		s.Add(r)
	}
	if err := s.Flush(ctx); err != nil {
		return err
	}
	if n := s.Stats().Dropped.Total(); n > 0 {
		return fmt.Errorf("%d spans dropped", n)
	}
	return nil
}

func (s sinkExporter) Shutdown(ctx context.Context) error { return s.Close(ctx) }

func (e engine) String() string { return e.name }

func (e engine) exporter(t testing.TB, c zipkin.Config) trace.Exporter {
	t.Helper()
	exporter, err := e.new(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := exporter.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return exporter
}

func TestConformance(t *testing.T) {
	tracetest.TestExporter(t, func(t *testing.T, url string) trace.Exporter {
		e, err := stock.New(zipkin.Config{Endpoint: url})
		if err != nil {
			t.Fatal(err)
		}
		return e
	})
}

func TestPost(t *testing.T) {
	for _, engine := range engines {
		for _, compression := range []string{"auto", "gzip"} {
			t.Run(engine.String(), func(t *testing.T) {
				c := newCollector(t)
				e := engine.exporter(t, zipkin.Config{Endpoint: c.URL + "/api/v2/spans", HostHeader: "zipkin", Compression: compression})
				for range 2 {
					if err := e.Export(t.Context(), spantest.Samples(8)); err != nil {
						t.Fatal(err)
					}
				}
				c.mu.Lock()
				defer c.mu.Unlock()
				r := c.posts[0]
				if len(c.posts) != 2 || len(c.spans) != 16 || r.Method != "POST" || r.URL.Path != "/api/v2/spans" || r.Host != "zipkin" ||
					r.Header.Get("Content-Type") != "application/json" || (r.Header.Get("Content-Encoding") == "gzip") != (compression == "gzip") {
					t.Errorf("%d posts with %d spans, %s %s to %s, %v", len(c.posts), len(c.spans), r.Method, r.URL, r.Host, r.Header)
				}
				if r.Header.Get("b3") != "0" || r.Header.Get("l5d-sample") != "0" {
					t.Errorf("a hop on the way would trace it: %v", r.Header)
				}
				if a, b := c.posts[0].RemoteAddr, c.posts[1].RemoteAddr; a != b {
					t.Errorf("two connections: %s, %s", a, b)
				}
			})
		}
	}
}

func TestTreeSurvives(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.String(), func(t *testing.T) {
			c := newCollector(t)
			e := engine.exporter(t, zipkin.Config{Endpoint: c.URL})
			samples := spantest.Samples(8)
			if err := e.Export(t.Context(), samples); err != nil {
				t.Fatal(err)
			}
			back, err := tracetest.FromZipkin(c.bodies[0])
			if err != nil {
				t.Fatal(err)
			}
			want := tracetest.Format(samples)
			if engine.name == stockEngine.name {
				want = strings.ToLower(want)
			}
			tracetest.AssertTree(t, back, want)
		})
	}
}

func full() *trace.Record {
	start := time.Date(2017, 3, 14, 15, 9, 26, 535_123_400, time.UTC)
	return &trace.Record{
		Context: trace.Context{Trace: oteltrace.TraceID{0: 0x46, 15: 1}, Span: oteltrace.SpanID{7: 2}, Parent: oteltrace.SpanID{7: 1},
			Flags: 1, Sampling: trace.Keep},
		Name: "GET /", Service: "%/io.l5d.port/4141/#/io.l5d.fs/Hello", Kind: oteltrace.SpanKindClient,
		Start: start, End: start.Add(8_000_700),
		Attributes: []attribute.KeyValue{
			attribute.String("http.req.host", "world"), attribute.Int("http.rsp.status", 200), attribute.Float64("l5d.success", 1),
			attribute.Bool("error", true), attribute.StringSlice("list", []string{"a", "b"}),
			attribute.ByteSlice("bytes", []byte{1, 2}), attribute.String("odd", "\x00\"\\\n\u2028é\xff"),
		},
		Events: []trace.Event{
			{Name: "ws", Time: start.Add(1000)},
			{Name: "exception", Time: start.Add(2000), Attributes: []attribute.KeyValue{
				attribute.String("m", `say "no"`), attribute.Int("code", 7), attribute.Bool("b", true), attribute.Float64("f", 0.5), attribute.IntSlice("s", []int{1})}},
		},
		Status: codes.Error, StatusText: "refused",
		Local: netip.MustParseAddrPort("10.0.0.1:40000"), Peer: netip.MustParseAddrPort("[::ffff:10.196.2.45]:7778"),
		Scope: "scope", ScopeVersion: "1",
		DroppedAttributes: 3, DroppedEvents: 2, DroppedLinks: 1,
	}
}

// The same records through both engines. What differs stands here, and in the
// package's documentation.
func TestEnginesDiffer(t *testing.T) {
	server := full()
	server.Kind, server.Span, server.Flags, server.Trace = oteltrace.SpanKindServer, oteltrace.SpanID{7: 9}, 0, oteltrace.TraceID{15: 1}
	server.Status, server.StatusText, server.Scope = codes.Ok, "", ""
	server.DroppedAttributes, server.DroppedEvents, server.DroppedLinks = 0, 0, 0
	server.End = server.Start
	server.Parent = oteltrace.SpanID{}
	records := []*trace.Record{full(), server}
	var spans [2][]model.SpanModel
	for i, engine := range engines {
		c := newCollector(t)
		if err := engine.exporter(t, zipkin.Config{Endpoint: c.URL}).Export(t.Context(), records); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(c.spans, func(a, b model.SpanModel) int { return cmp.Compare(a.ID, b.ID) })
		spans[i] = c.spans
	}
	native, stock := spans[0], spans[1]
	// Native is right as it is; make Stock the same, one difference at a time.
	names := []string{"GET /", "GET /"}
	for i := range stock {
		s := &stock[i]
		if s.Name != "get /" || s.LocalEndpoint.ServiceName != strings.ToLower(records[i].Service) {
			t.Errorf("stock keeps the case: %q of %q", s.Name, s.LocalEndpoint.ServiceName)
		}
		s.Name = names[i]
		if s.LocalEndpoint.IPv4 != nil || s.LocalEndpoint.Port != 0 {
			t.Errorf("stock knows the local address: %v", s.LocalEndpoint)
		}
		s.LocalEndpoint = &model.Endpoint{ServiceName: records[i].Service, IPv4: net.IPv4(10, 0, 0, 1), Port: 40000}
		if s.Tags["service.name"] != records[i].Service {
			t.Errorf("stock has no tag service.name: %v", s.Tags)
		}
		delete(s.Tags, "service.name")
		if s.Tags["bytes"] != "[1,2]" {
			t.Errorf("bytes: %q", s.Tags["bytes"])
		}
		s.Tags["bytes"] = "AQI="
	}
	client, server2 := &stock[0], &stock[1]
	if client.Debug {
		t.Error("stock knows debug traces")
	}
	client.Debug = true
	if client.Tags["error"] != "refused" {
		t.Errorf("stock keeps the tag error: %q", client.Tags["error"])
	}
	client.Tags["error"] = "true"
	if client.Tags["network.peer.address"] != "10.196.2.45" || client.Tags["network.peer.port"] != "7778" {
		t.Errorf("stock has no tags of the peer: %v", client.Tags)
	}
	delete(client.Tags, "network.peer.address")
	delete(client.Tags, "network.peer.port")
	client.Tags["otel.dropped_attributes_count"], client.Tags["otel.dropped_events_count"], client.Tags["otel.dropped_links_count"] = "3", "2", "1"
	if server2.RemoteEndpoint != nil {
		t.Errorf("stock has the remote endpoint of a server span: %v", server2.RemoteEndpoint)
	}
	server2.RemoteEndpoint = &model.Endpoint{IPv4: net.IPv4(10, 196, 2, 45), Port: 7778}
	if _, ok := server2.Tags["error"]; ok {
		t.Error("stock keeps the tag error of a span that is none")
	}
	server2.Tags["error"] = "true"
	if server2.Duration != 0 {
		t.Errorf("stock has a duration: %v", server2.Duration)
	}
	server2.Duration = time.Microsecond

	if d := gocmp.Diff(native, stock); d != "" {
		t.Errorf("further differences (- native, + stock):\n%s", d)
	}
}

func TestEncode(t *testing.T) {
	got := string(zipkin.AppendSpan(nil, full()))
	want := `{"traceId":"46000000000000000000000000000001","id":"0000000000000002","parentId":"0000000000000001","kind":"CLIENT",` +
		`"name":"GET /","timestamp":1489504166535123,"duration":8001,` +
		`"localEndpoint":{"serviceName":"%/io.l5d.port/4141/#/io.l5d.fs/Hello","ipv4":"10.0.0.1","port":40000},` +
		`"remoteEndpoint":{"ipv4":"10.196.2.45","port":7778},` +
		`"annotations":[{"timestamp":1489504166535124,"value":"ws"},` +
		`{"timestamp":1489504166535125,"value":"exception: {\"b\":true,\"code\":7,\"f\":0.5,\"m\":\"say \\\"no\\\"\",\"s\":[1]}"}],` +
		`"tags":{"http.req.host":"world","http.rsp.status":"200","l5d.success":"1","error":"true","list":"[\"a\",\"b\"]","bytes":"AQI=",` +
		`"odd":"\u0000\"\\\n` + "\u2028é\ufffd" + `",` +
		`"otel.status_code":"ERROR","otel.scope.name":"scope","otel.scope.version":"1",` +
		`"otel.dropped_attributes_count":"3","otel.dropped_events_count":"2","otel.dropped_links_count":"1"},"debug":true}`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestEncodeEdges(t *testing.T) {
	for name, row := range map[string]struct {
		change func(r *trace.Record)
		want   string
	}{
		"the least": {func(r *trace.Record) {}, `{"traceId":"0000000000000001","id":"0000000000000002","duration":1}`},
		"a wide id with a zero high half": {func(r *trace.Record) { r.Wide = true },
			`{"traceId":"0000000000000001","id":"0000000000000002","duration":1}`},
		"before 1970": {func(r *trace.Record) {
			r.Start, r.End = time.Unix(-5, 0), time.Unix(-4, 0)
			r.Events = []trace.Event{{Name: "x"}}
		}, `{"traceId":"0000000000000001","id":"0000000000000002","duration":1000000,"annotations":[{"timestamp":1,"value":"x"}]}`},
		"IPv6": {func(r *trace.Record) { r.Peer = netip.MustParseAddrPort("[fe80::1%eth0]:80") },
			`{"traceId":"0000000000000001","id":"0000000000000002","duration":1,"remoteEndpoint":{"ipv6":"fe80::1","port":80}}`},
		"a peer in the attributes": {func(r *trace.Record) {
			r.Attributes = []attribute.KeyValue{attribute.String("network.peer.address", "1.2.3.4"), attribute.Int("network.peer.port", 5), attribute.String("peer.service", "db")}
		}, `{"traceId":"0000000000000001","id":"0000000000000002","duration":1,"remoteEndpoint":{"serviceName":"db","ipv4":"1.2.3.4","port":5},` +
			`"tags":{"network.peer.address":"1.2.3.4","network.peer.port":"5","peer.service":"db"}}`},
		"no address in the attributes": {func(r *trace.Record) {
			r.Attributes = []attribute.KeyValue{attribute.String("network.peer.address", "/var/run/socket")}
		}, `{"traceId":"0000000000000001","id":"0000000000000002","duration":1,"tags":{"network.peer.address":"/var/run/socket"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			r := &trace.Record{Context: trace.Context{Trace: oteltrace.TraceID{15: 1}, Span: oteltrace.SpanID{7: 2}}}
			row.change(r)
			if got := string(zipkin.AppendSpan(nil, r)); got != row.want {
				t.Errorf("got\n%s\nwant\n%s", got, row.want)
			}
		})
	}
}

func TestTimeout(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer srv.Close()
	defer close(release)
	err := stockEngine.exporter(t, zipkin.Config{Endpoint: srv.URL, Timeout: time.Millisecond}).Export(t.Context(), spantest.Samples(1))
	var known *trace.ExportError
	if !errors.As(err, &known) || known.Reason != "timeout" {
		t.Errorf("%v", err)
	}
}

func TestEndlessAnswer(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		chunk := make([]byte, 1<<16)
		for {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	defer srv.Close()
	if err := exporter(t, zipkin.Config{Endpoint: srv.URL}).Export(t.Context(), spantest.Samples(1)); err != nil {
		t.Error(err)
	}
}

func TestOwnClient(t *testing.T) {
	c := newCollector(t)
	client := c.Client()
	e := exporter(t, zipkin.Config{Endpoint: c.URL, Client: client})
	if err := e.Export(t.Context(), spantest.Samples(1)); err != nil {
		t.Error(err)
	}
	client.CloseIdleConnections()
}

func TestStockCanNotWriteEverything(t *testing.T) {
	c := newCollector(t)
	r := full()
	r.Start = time.Unix(-5, 0)
	err := stockEngine.exporter(t, zipkin.Config{Endpoint: c.URL}).Export(t.Context(), []*trace.Record{r})
	var known *trace.ExportError
	if !errors.As(err, &known) || !known.Permanent {
		t.Errorf("%v", err)
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []zipkin.Config{
		{Endpoint: "127.0.0.1:9411"}, {Endpoint: "ftp://a/b"}, {Endpoint: "http://"}, {Endpoint: "http://a b"},
		{Timeout: -1}, {MaxBodyBytes: -1}, {Compression: "zstd"},
	} {
		for _, engine := range engines {
			if _, err := engine.new(c); err == nil && (c.MaxBodyBytes == 0 || engine.name != stockEngine.name) {
				t.Errorf("%v accepted %+v", engine, c)
			}
		}
	}
}

// The stock exporter behind a pipeline that has to try again.
func TestPipeline(t *testing.T) {
	var mu sync.Mutex
	calls, spans := 0, 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var got []model.SpanModel
		err := json.NewDecoder(r.Body).Decode(&got)
		mu.Lock()
		defer mu.Unlock()
		if calls++; calls%2 == 1 || err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		spans += len(got)
	}))
	defer srv.Close()
	p, err := trace.NewPipeline(trace.PipelineConfig{Exporter: stockEngine.exporter(t, zipkin.Config{Endpoint: srv.URL}),
		BatchSize: 7, RetryMin: time.Microsecond})
	if err != nil {
		t.Fatal(err)
	}
	for r := range slices.Values(spantest.Samples(50)) {
		p.Add(r)
	}
	if err := p.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if s := p.Stats(); s.Exported != 50 || spans != 50 || s.Retries == 0 {
		t.Errorf("%+v, collector got %d", s, spans)
	}
}

func FuzzEncode(f *testing.F) {
	f.Add("GET /", "0.0.0.0/4140", "http.uri", "/a?b=<c>&\u2028")
	f.Add("\x00\x1f\x7f\"\\/", "\xff\xc3\x28", "\xed\xa0\x80", "\U0001F600\xf0\x9f")
	f.Fuzz(func(t *testing.T, name, service, key, value string) {
		r := full()
		r.Name, r.Service, r.Parent = name, service, oteltrace.SpanID{}
		r.Attributes = []attribute.KeyValue{attribute.String(key, value)}
		r.Status = codes.Unset
		r.Scope, r.DroppedAttributes, r.DroppedEvents, r.DroppedLinks = "", 0, 0, 0
		r.Events = []trace.Event{{Name: value, Time: r.Start, Attributes: r.Attributes}}
		body := zipkin.AppendSpan(nil, r)
		var got struct {
			Name          string
			LocalEndpoint struct{ ServiceName string }
			Tags          map[string]string
			Annotations   []struct{ Value string }
		}
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		if got.Name != clean(name) || got.LocalEndpoint.ServiceName != clean(service) || got.Tags[clean(key)] != clean(value) {
			t.Errorf("got %+v from %s", got, body)
		}
		var inner map[string]string
		text, ok := strings.CutPrefix(got.Annotations[0].Value, clean(value)+": ")
		if err := json.Unmarshal([]byte(text), &inner); !ok || err != nil || inner[clean(key)] != clean(value) {
			t.Errorf("annotation %q: %v", got.Annotations[0].Value, err)
		}
	})
}

// Every byte is written as what it is, wherever in a text of whatever length it
// stands.
func TestEncodeEveryByte(t *testing.T) {
	r := &trace.Record{}
	var body []byte
	for length := range 26 {
		for at := range length {
			for b := range 256 {
				text := []byte("abcdefghijklmnopqrstuvwxyz"[:length])
				text[at] = byte(b)
				r.Name = string(text)
				body = zipkin.AppendSpan(body[:0], r)
				var got struct{ Name string }
				if err := json.Unmarshal(body, &got); err != nil || got.Name != clean(r.Name) {
					t.Fatalf("%q came back as %q, %v", r.Name, got.Name, err)
				}
			}
		}
	}
}

// A number is the text that OpenTelemetry makes of it.
func FuzzEncodeNumber(f *testing.F) {
	for _, n := range []float64{0, math.Copysign(0, -1), 1, -1, 0.5, 7, 999_999, 1e6, 1_048_575, 1 << 53, 1e20, 1e21, math.MaxFloat64, math.SmallestNonzeroFloat64, math.Inf(1), math.NaN()} {
		f.Add(n)
	}
	f.Fuzz(func(t *testing.T, n float64) {
		for _, v := range []attribute.Value{attribute.Float64Value(n), attribute.Int64Value(int64(n))} {
			r := &trace.Record{Attributes: []attribute.KeyValue{{Key: "n", Value: v}}}
			var got struct{ Tags map[string]string }
			if err := json.Unmarshal(zipkin.AppendSpan(nil, r), &got); err != nil || got.Tags["n"] != v.String() {
				t.Errorf("%v became %q, %v; want %q", n, got.Tags["n"], err, v.String())
			}
		}
	})
}

// clean is what encoding/json makes of s.
func clean(s string) string { return string([]rune(s)) }

func TestEncodeAllocatesNothing(t *testing.T) {
	r := spantest.Samples(2)[1]
	r.Attributes = []attribute.KeyValue{attribute.String("a", "b"), attribute.Int("c", 1), attribute.Bool("d", true)}
	r.Events = []trace.Event{{Name: "ws", Time: r.Start}}
	buf := make([]byte, 0, 4096)
	if n := testing.AllocsPerRun(100, func() { buf = zipkin.AppendSpan(buf[:0], r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// BenchmarkEncode writes both spans of a request.
func BenchmarkEncode(b *testing.B) {
	rec := new(tracetest.Recorder)
	newRequest(b, provider(b, rec, 1)).pass()
	records := rec.Records()
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		buf = buf[:0]
		for _, r := range records {
			buf = zipkin.AppendSpan(buf, r)
		}
	}
	b.SetBytes(int64(len(buf)))
}
