package otlp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/receiver/receivertest"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/otlp"
)

const testdata = "../../trace/otlp/testdata/"

var update = flag.Bool("update", false, "rewrite request.json of trace/otlp")

// collector is the receiver of the OpenTelemetry Collector and what it passes on.
type collector struct {
	addr   string
	answer func(batch int) error // nil: all is well

	mu      sync.Mutex
	batches int
	got     []ptrace.Traces
}

func newCollector(t *testing.T, answer func(batch int) error) *collector {
	t.Helper()
	// The receiver does not tell which port it got.
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &collector{addr: l.Addr().String(), answer: answer}
	_ = l.Close()
	next, err := consumer.NewTraces(c.take)
	if err != nil {
		t.Fatal(err)
	}
	factory := otlpreceiver.NewFactory()
	settings := factory.CreateDefaultConfig().(*otlpreceiver.Config)
	settings.Protocols.HTTP.GetOrInsertDefault().ServerConfig.NetAddr.Endpoint = c.addr
	receiver, err := factory.CreateTraces(t.Context(), receivertest.NewNopSettings(factory.Type()), settings, next)
	if err != nil {
		t.Fatal(err)
	}
	if err := receiver.Start(t.Context(), componenttest.NewNopHost()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := receiver.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return c
}

func (c *collector) take(_ context.Context, traces ptrace.Traces) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.batches++
	if c.answer != nil {
		if err := c.answer(c.batches); err != nil {
			return err
		}
	}
	kept := ptrace.NewTraces()
	traces.CopyTo(kept)
	c.got = append(c.got, kept)
	return nil
}

// spans are all spans that were accepted.
func (c *collector) spans() (all []ptrace.Span) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, traces := range c.got {
		for _, rs := range traces.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					all = append(all, s)
				}
			}
		}
	}
	return all
}

// TestRecorded posts the recorded request of trace/otlp to the Collector, and holds
// request.json, to which the tests of that package are held, to what the Collector reads.
func TestRecorded(t *testing.T) {
	c := newCollector(t, nil)
	body, err := os.ReadFile(testdata + "request.pb")
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post("http://"+c.addr+"/v1/traces", "application/x-protobuf", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	// The reply is an empty partial success.
	reply, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil || resp.StatusCode != http.StatusOK || string(reply) != "\n\x00" {
		t.Fatalf("%v, %s, %q", err, resp.Status, reply)
	}
	if len(c.got) != 1 {
		t.Fatalf("%d batches", len(c.got))
	}
	said, err := new(ptrace.JSONMarshaler).MarshalTraces(c.got[0])
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		var pretty bytes.Buffer
		if err := json.Indent(&pretty, said, "", "  "); err != nil {
			t.Fatal(err)
		}
		pretty.WriteByte('\n')
		if err := os.WriteFile(testdata+"request.json", pretty.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(testdata + "request.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(parsed(t, want), parsed(t, said)); diff != "" {
		t.Errorf("request.json (-want +got):\n%s", diff)
	}
}

func parsed(t *testing.T, text []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func record(n int) *trace.Record {
	r := &trace.Record{Name: "GET /", Service: "edge", Start: time.Unix(1_700_000_000, int64(n)), End: time.Unix(1_700_000_001, 0)}
	r.Trace[15], r.Span[6], r.Span[7] = 1, byte(n>>8), byte(n)
	r.Span[0] = 1
	return r
}

// TestSink: compressed and in large posts, everything arrives at a Collector that is not
// always ready.
func TestSink(t *testing.T) {
	c := newCollector(t, func(batch int) error {
		if batch%3 == 1 {
			return errors.New("not now") // 503
		}
		return nil
	})
	s, err := otlp.New(otlp.Config{Endpoint: "http://" + c.addr, Service: "edge", Compression: "gzip", RetryMin: time.Millisecond, MaxBodyBytes: 64 << 10})
	if err != nil {
		t.Fatal(err)
	}
	const n = 5000
	for i := range n {
		s.Add(record(i))
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if stats := s.Stats(); stats.Exported != n || stats.Retries == 0 {
		t.Errorf("%+v", stats)
	}
	if spans := c.spans(); len(spans) != n {
		t.Errorf("%d spans", len(spans))
	}
}

// TestRefused: what the Collector refuses for good is dropped after one post, and the log
// says what the Collector says.
func TestRefused(t *testing.T) {
	c := newCollector(t, func(int) error { return consumererror.NewPermanent(errors.New("no room in here")) })
	var log strings.Builder
	s, err := otlp.New(otlp.Config{Endpoint: "http://" + c.addr, Service: "edge", ErrorLog: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	s.Add(record(1))
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if stats := s.Stats(); stats.Dropped.Status != 1 || stats.Retries != 0 || !strings.Contains(log.String(), "no room in here") {
		t.Errorf("%+v, the log has %s", stats, log.String())
	}
}

// TestHop: a hop that has the telemeter in its file sends the two spans of a request.
func TestHop(t *testing.T) {
	c := newCollector(t, nil)
	backend, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	service := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })}
	go func() { _ = service.Serve(backend) }()
	defer service.Close()
	_, port, _ := net.SplitHostPort(backend.Addr().String())
	file := "routers:\n- protocol: http\n  label: edge\n  dtab: /svc => /$/inet/127.0.0.1/" + port + "\n  servers: [{port: 0, ip: 127.0.0.1}]\n" +
		"telemetry:\n- kind: io.opentelemetry.otlp\n  endpoint: http://" + c.addr + "\n  serviceName: front\n  sampleRate: 1.0\n"
	f, err := config.Load("hop.yaml", []byte(file), config.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	mesh, err := f.Build(config.BuildOptions{Version: "1.0"})
	if err != nil {
		t.Fatal(err)
	}
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	hop := &http.Server{Handler: mesh.Servers[0].Handler}
	go func() { _ = hop.Serve(front) }()
	defer hop.Close()
	resp, err := http.Get("http://" + front.Addr().String() + "/cup?of=tea")
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if err := hop.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := mesh.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	spans := c.spans()
	if len(spans) != 2 {
		t.Fatalf("%d spans", len(spans))
	}
	for _, s := range spans {
		attributes := s.Attributes().AsRaw()
		if attributes["http.request.method"] != "GET" || attributes["http.response.status_code"] != int64(http.StatusTeapot) ||
			attributes["url.path"] != "/cup" || attributes["url.query"] != "of=tea" || attributes["server.address"] != "127.0.0.1" {
			t.Errorf("%s: %v", s.Kind(), attributes)
		}
		// Only to a client is 418 an error.
		if failed := s.Status().Code() == ptrace.StatusCodeError; failed != (s.Kind() == ptrace.SpanKindClient) {
			t.Errorf("%s: %s", s.Kind(), s.Status().Code())
		}
	}
	resource := c.got[0].ResourceSpans().At(0).Resource().Attributes().AsRaw()
	if resource["service.name"] != "front" || resource["service.version"] != "1.0" {
		t.Errorf("the resource is %v", resource)
	}
}
