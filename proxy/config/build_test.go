package config_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/internal/hophandler"
	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/trace"
)

const full = `
admin: {ip: 0.0.0.0, port: 0, shutdownGraceMs: 2500}
namers:
- kind: io.l5d.fs
  rootDir: DIR
- kind: io.l5d.fs
  rootDir: DIR
  prefix: /other
  transformers: [{kind: io.l5d.port, port: 4141}]
telemetry:
- kind: io.l5d.prometheus
  prefix: linkerd_
- kind: io.zipkin.http
  host: ZIPKIN
  initialSampleRate: 1
- kind: io.l5d.tracelog
  level: warning
routers:
- protocol: http
  label: outgoing
  dtab: /svc => /#/io.l5d.fs
  servers:
  - {port: 4140, ip: 0.0.0.0}
  - {port: 4142, ip: '::1', clearContext: true, maxConcurrentRequests: 3}
  maxHeadersKB: 2048
- protocol: http
  label: incoming
  dstPrefix: /in
  dtab: /in => /#/other
  identifier: [{kind: io.l5d.header}, {kind: io.l5d.path}]
  interpreter: {kind: default, transformers: [{kind: io.l5d.localhost, prefix: /here}]}
  tracePropagator: {kind: io.l5d.zipkin}
  servers: [{port: 4141}]
`

func TestBuild(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	file, err := config.Load("f", []byte(strings.NewReplacer("DIR", dir, "ZIPKIN", "127.0.0.1:1").Replace(full)), config.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	mesh, err := file.Build(config.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		for range 2 {
			if err := mesh.Close(within(t, 5*time.Second)); err != nil {
				t.Error(err)
			}
		}
	}()
	if a := mesh.Admin; a.Addr != "0.0.0.0:0" || a.Position != (config.Position{File: "f", Line: 2, Column: 28}) || a.ShutdownGrace != 2500*time.Millisecond || a.Hosts != nil {
		t.Errorf("the admin server: %+v", a)
	}
	if diff := cmp.Diff(map[string]string{"/admin/metrics/prometheus": "linkerd_"}, mesh.Prometheus); diff != "" {
		t.Error(diff)
	}
	want := []config.Server{
		{Router: "outgoing", Addr: "0.0.0.0:4140", Position: config.Position{File: "f", Line: 23, Column: 12}, Config: serve.Config{MaxHeadBytes: 2 * (2<<20 + 4<<10)}},
		{Router: "outgoing", Addr: "[::1]:4142", Position: config.Position{File: "f", Line: 24, Column: 12}, Config: serve.Config{MaxHeadBytes: 2 * (2<<20 + 4<<10)}},
		{Router: "incoming", Addr: "127.0.0.1:4141", Position: config.Position{File: "f", Line: 33, Column: 20}, Config: serve.Config{MaxHeadBytes: 1 << 20}},
	}
	if diff := cmp.Diff(want, mesh.Servers, cmpopts.IgnoreFields(config.Server{}, "Handler", "Front"), cmpopts.EquateComparable(http.Protocols{})); diff != "" {
		t.Error(diff)
	}
	var names []string
	for _, s := range mesh.Servers {
		names = append(names, (*hophandler.Handler)(s.Handler).ServiceName())
	}
	if diff := cmp.Diff([]string{"0.0.0.0/4140", "::1/4142", "127.0.0.1/4141"}, names); diff != "" {
		t.Error(diff)
	}
	var mounts []string
	for _, m := range mesh.Namers {
		mounts = append(mounts, m.Prefix.String())
	}
	if diff := cmp.Diff([]string{"/#/io.l5d.fs", "/#/other"}, mounts); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"http://127.0.0.1:1/api/v2/spans", "log"}, slices.Sorted(maps.Keys(mesh.Spans))); diff != "" {
		t.Error(diff)
	}
	if n := len(mesh.Routers); n != 2 || mesh.Routers[1].Label() != "incoming" || mesh.Routers[1].Dtab().String() != "/in=>/#/other" {
		t.Errorf("%d routers, the second is not incoming", n)
	}
}

// TestBuildFails checks that what fails is told with its place, all at once,
// and leaves nothing behind.
func TestBuildFails(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	dir := t.TempDir()
	text := strings.Replace(strings.NewReplacer("ZIPKIN", "127.0.0.1:1").Replace(full), "DIR", dir, 1)
	text = strings.Replace(text, "DIR", filepath.Join(dir, "missing"), 1)
	file, err := config.Load("f", []byte(text), config.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.Build(config.BuildOptions{})
	got := lines(err)
	if len(got) != 1 || !strings.HasPrefix(got[0], "6:3: namers[1]: ") || !strings.Contains(got[0], "missing") {
		t.Errorf("got %q", got)
	}
}

// TestUnknownHost is about a host that is looked up when the mesh is built. The
// name is none, so no server is asked.
func TestUnknownHost(t *testing.T) {
	file, err := config.Load("f", []byte(valid+"  interpreter: {kind: default, transformers: [{kind: io.l5d.specificHost, host: a..b}]}\n"), config.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.Build(config.BuildOptions{})
	got := lines(err)
	if len(got) != 1 || !strings.HasPrefix(got[0], `5:47: routers[0].interpreter.transformers[0]: look up host "a..b": `) {
		t.Errorf("got %q", got)
	}
}

// collector is a Zipkin that remembers what was posted.
type collector struct {
	mu    sync.Mutex
	hosts []string
	names []string
}

func (c *collector) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		body, _ = gzip.NewReader(r.Body)
	}
	var spans []struct {
		Name          string
		LocalEndpoint struct{ ServiceName string }
	}
	if err := json.NewDecoder(body).Decode(&spans); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hosts = append(c.hosts, r.Host)
	for _, s := range spans {
		c.names = append(c.names, s.LocalEndpoint.ServiceName+" "+s.Name)
	}
	w.WriteHeader(http.StatusAccepted)
}

// TestRequest sends a request through everything that a file builds: the name
// is found in a directory, and the spans are at every telemeter when the mesh
// is closed.
func TestRequest(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "hello "+r.Header.Get("L5d-Dst-Client"))
	}))
	defer backend.Close()
	var spans collector
	zipkin := httptest.NewServer(&spans)
	defer zipkin.Close()
	posted := make(chan string, 10)
	otlp := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		posted <- r.URL.Path + " " + r.Header.Get("Authorization") + " " + string(body)
	}))
	defer otlp.Close()
	address, err := url.Parse(backend.URL)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "web"), []byte(address.Hostname()+" "+address.Port()+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer("DIR", dir, "ZIPKIN", strings.TrimPrefix(zipkin.URL, "http://"),
		"telemetry:\n", "telemetry:\n- {kind: io.opentelemetry.otlp, endpoint: '"+otlp.URL+"', headers: {Authorization: s3cret}, serviceName: edge, resource: {zone: a}}\n").Replace(full)
	file, err := config.Load("f", []byte(text), config.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	mesh, err := file.Build(config.BuildOptions{TraceLog: &log, SpanFlushEvery: 10 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	request.Host = "web"
	response := httptest.NewRecorder()
	mesh.Servers[0].Handler.ServeHTTP(response, request)
	if want := "hello /#/io.l5d.fs/web"; response.Code != http.StatusOK || response.Body.String() != want {
		t.Errorf("got %d %q, want 200 %q", response.Code, response.Body, want)
	}
	if err := mesh.Close(within(t, 5*time.Second)); err != nil {
		t.Error(err)
	}
	wantSpans := []string{"#/io.l5d.fs/web GET /", "0.0.0.0/4140 outgoing /svc/web"}
	less := func(a, b string) bool { return a < b }
	if diff := cmp.Diff(wantSpans, spans.names, cmpopts.SortSlices(less)); diff != "" {
		t.Error(diff)
	}
	for _, host := range spans.hosts {
		if host != "zipkin" {
			t.Errorf("Host header %q, want zipkin", host)
		}
	}
	for _, want := range []string{`level=WARNING msg=span trace=`, `service=0.0.0.0/4140 name="outgoing /svc/web"`, `kind=client service=#/io.l5d.fs/web name="GET /"`, `tag.http.rsp.status=200`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("the trace log has no %q:\n%s", want, log.String())
		}
	}
	close(posted)
	var bodies strings.Builder
	for p := range posted {
		bodies.WriteString(p)
	}
	for _, want := range []string{"/v1/traces s3cret ", "edge", "zone", "outgoing /svc/web", "GET /"} {
		if !strings.Contains(bodies.String(), want) {
			t.Errorf("by OTLP there is no %q in %q", want, bodies.String())
		}
	}
	for name, stats := range mesh.Spans {
		if diff := cmp.Diff(trace.PipelineStats{Received: 2, Exported: 2}, stats()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestSampling checks who decides what is recorded.
func TestSampling(t *testing.T) {
	for _, row := range []struct {
		name, telemetry string
		keep            bool
	}{
		{"nobody", "", false},
		{"metrics only", "- kind: io.l5d.prometheus\n", false},
		{"one says yes", "- {kind: io.l5d.zipkin, port: 9411, sampleRate: 0}\n- {kind: io.zipkin.http, initialSampleRate: 1}\n", true},
		{"all say no", "- {kind: io.l5d.zipkin, port: 9411, sampleRate: 0}\n- {kind: io.zipkin.http, initialSampleRate: 0}\n", false},
		{"a trace log alone", "- {kind: io.l5d.tracelog, sampleRate: 1}\n", true},
		{"a trace log beside one that says no", "- {kind: io.l5d.tracelog, sampleRate: 1}\n- {kind: io.l5d.zipkin, port: 9411, sampleRate: 0}\n", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			text := valid
			if row.telemetry != "" {
				text = "telemetry:\n" + row.telemetry + valid
			}
			mesh := build(t, text, config.Builtin(), config.BuildOptions{TraceLog: io.Discard})
			_, span := (*hopspan.Hop)(mesh.Routers[0].Hop()).StartServer(t.Context(), http.Header{}, hopspan.ServerStart{})
			if keeps := span.IsRecording(); keeps != row.keep {
				t.Errorf("recording is %v, want %v", keeps, row.keep)
			}
		})
	}
}
