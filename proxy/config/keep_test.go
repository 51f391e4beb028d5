package config_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// inMemory is a transport that calls a handler.
type inMemory struct{ http.Handler }

func (h inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	in := r.Clone(r.Context())
	in.RequestURI = r.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, in)
	return w.Result(), nil
}

// recorder is a telemeter that samples nothing and keeps what it is told to.
func recorder(to *tracetest.Recorder, keep *trace.KeepConfig) map[string]func(*config.Decoder) (config.Telemeter, error) {
	return map[string]func(*config.Decoder) (config.Telemeter, error){"recorder": func(*config.Decoder) (config.Telemeter, error) {
		return config.Telemeter{NewSink: config.Ready[config.SpanSink](recorderSink{to}), Keep: keep}, nil
	}}
}

type recorderSink struct{ *tracetest.Recorder }

func (recorderSink) Stats() (s trace.PipelineStats) { return s }
func (recorderSink) Close(context.Context) error    { return nil }

// TestKeepSlowest: of the chain of eight spans, of which nothing is sampled, those requests
// are kept that are slow, 1 in 1,000, with all of their spans, and no others.
func TestKeepSlowest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kinds, spans := config.Builtin(), new(tracetest.Recorder)
		kinds.Telemeters = recorder(spans, &trace.KeepConfig{Slowest: 1})
		at := map[string]http.Handler{}
		mesh := build(t, `
telemetry: [{kind: recorder}]
routers:
- {protocol: http, label: outgoing, dtab: /svc => /$/inet/127.0.0.1/4141, servers: [{port: 4140}]}
- {protocol: http, label: incoming, dtab: /svc/hello => /$/inet/127.0.0.1/1; /svc/world => /$/inet/127.0.0.1/2, servers: [{port: 4141}]}
`, kinds, config.BuildOptions{NewTransport: func(a resolve.Address, _ router.TransportConfig) http.RoundTripper {
			return inMemory{at[a.AddrPort.String()]}
		}})
		outgoing := mesh.Servers[0].Front
		at["127.0.0.1:4141"] = mesh.Servers[1].Front
		at["127.0.0.1:1"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			out := &http.Request{Method: "GET", URL: &url.URL{Path: r.URL.Path}, Host: "world", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}}
			ctxhdr.Forward(out.Header, r.Header)
			resp, err := inMemory{outgoing}.RoundTrip(out.WithContext(r.Context()))
			if err != nil || resp.StatusCode != 200 {
				t.Errorf("world: %v %v", resp, err)
			}
			io.Copy(w, resp.Body)
		})
		at["127.0.0.1:2"] = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(2 * time.Millisecond)
			if r.URL.Path == "/slow" {
				time.Sleep(30 * time.Millisecond)
			}
			fmt.Fprint(w, "world")
		})
		ask := func(path string) {
			r := httptest.NewRequest("GET", path, nil)
			r.Host = "hello"
			outgoing.ServeHTTP(httptest.NewRecorder(), r)
		}
		for minute := range 4 {
			time.Sleep(time.Minute - time.Duration(time.Now().UnixNano())%time.Minute)
			if minute == 1 { // there was none with which the first could be compared
				spans.Reset()
			}
			for n := range 1000 {
				if n == 500 {
					ask("/slow")
				} else {
					ask("/")
				}
			}
		}
		traces := map[trace.Context]int{}
		for _, r := range spans.Records() {
			traces[trace.Context{Trace: r.Trace}]++
			if took := r.End.Sub(r.Start); took < 30*time.Millisecond {
				t.Errorf("%s took %v", r.Name, took)
			}
		}
		if len(traces) != 3 {
			t.Errorf("%d traces, want one of each minute", len(traces))
		}
		for id, n := range traces {
			if n != 8 {
				t.Errorf("%d spans of %v, want 8", n, id.Trace)
			}
		}
	})
}

// TestKeepIsForAllTelemeters: what is kept goes by HTTP to a Zipkin, by OTLP, and to the
// trace log, whichever of them asks for it.
func TestKeepIsForAllTelemeters(t *testing.T) {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }))
	defer backend.Close()
	posted := make(chan string, 10)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		posted <- r.URL.Path + " " + string(body)
	}))
	defer collector.Close()
	var log strings.Builder
	_, backendPort, _ := strings.Cut(strings.TrimPrefix(backend.URL, "http://"), ":")
	_, port, _ := strings.Cut(strings.TrimPrefix(collector.URL, "http://"), ":")
	file, err := config.Load("f", []byte(`
telemetry:
- {kind: io.l5d.zipkin, host: 127.0.0.1, port: `+port+`, sampleRate: 0}
- {kind: io.opentelemetry.otlp, endpoint: 'http://127.0.0.1:`+port+`', sampleRate: 0, keep: {errors: true}}
- {kind: io.l5d.tracelog}
routers:
- {protocol: http, dtab: /svc => /$/inet/127.0.0.1/`+backendPort+`, servers: [{port: 0}]}
`), config.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	mesh, err := file.Build(config.BuildOptions{TraceLog: &log})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest("GET", "/", nil)
	mesh.Servers[0].Handler.ServeHTTP(httptest.NewRecorder(), r)
	if err := mesh.Close(within(t, 5*time.Second)); err != nil {
		t.Error(err)
	}
	close(posted)
	got := map[string]int{}
	for p := range posted {
		path, body, _ := strings.Cut(p, " ")
		got[path] += strings.Count(body, "meshhop.keep")
	}
	if got["/api/v2/spans"] != 2 || got["/v1/traces"] != 2 || strings.Count(log.String(), "tag.meshhop.keep=error") != 2 {
		t.Errorf("%v, and the log:\n%s", got, log.String())
	}
}
