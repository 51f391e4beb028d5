package admin_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// delayed is a transport whose responses take as long as the request's path says, and
// whose bodies take a second more.
type delayed struct{}

func (delayed) RoundTrip(r *http.Request) (*http.Response, error) {
	wait, err := time.ParseDuration(strings.Trim(r.URL.Path, "/"))
	if err != nil {
		return nil, err
	}
	<-time.After(wait)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: &tail{}, ContentLength: -1}, nil
}

// tail is a body whose end takes a second.
type tail struct{}

func (*tail) Read([]byte) (int, error) {
	<-time.After(time.Second)
	return 0, io.EOF
}
func (*tail) Close() error { return nil }

// measured is an admin server of a hop whose time is that of synctest.
type measured struct {
	pages   *admin.Admin
	handler *proxy.Handler
}

func newMeasured(t *testing.T, sampled bool) *measured {
	t.Helper()
	names := new(resolvetest.Namer)
	names.Bind("/web", "10.0.0.1:80")
	inner := newRouter(t, "inner", names)
	config := router.Config{
		Label: "out", Interpreter: inner.Interpreter(), Dtab: inner.Dtab(),
		NewTransport: func(resolve.Address, router.TransportConfig) http.RoundTripper { return delayed{} },
	}
	if sampled {
		sampler, err := trace.NewSampler(1)
		if err != nil {
			t.Fatal(err)
		}
		provider, err := trace.NewProvider(trace.ProviderConfig{Sink: new(tracetest.Recorder), Sampler: sampler})
		if err != nil {
			t.Fatal(err)
		}
		config.Hop = trace.NewHop(trace.HopConfig{TracerProvider: provider})
	}
	r := routerOf(t, config)
	m := &measured{handler: newServer(t, r, "0.0.0.0/4140")}
	var err error
	m.pages, err = admin.New(admin.Config{
		Routers: []*router.Router{r}, Servers: []admin.Server{{Handler: m.handler}},
		Prometheus: map[string]string{"/admin/metrics/prometheus": "linkerd_"},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.pages.Retire(nil) })
	return m
}

func (m *measured) ask(t *testing.T, took time.Duration) {
	t.Helper()
	request := httptest.NewRequest("GET", "http://web/"+took.String(), nil)
	w := httptest.NewRecorder()
	m.handler.ServeHTTP(w, request)
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
}

func (m *measured) get(path string, header ...string) string {
	request := httptest.NewRequest("GET", "http://127.0.0.1"+path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	m.pages.ServeHTTP(w, request)
	return w.Body.String()
}

// lines are those of a page that have all these texts.
func lines(page string, with ...string) (all []string) {
	for line := range strings.Lines(page) {
		if !slices.ContainsFunc(with, func(text string) bool { return !strings.Contains(line, text) }) {
			all = append(all, strings.TrimSpace(line))
		}
	}
	return all
}

// TestLatency: how long requests took until the head of the response, in Linkerd's names,
// for the last minute, and in the histograms, for all time.
func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMeasured(t, false)
		for range 98 {
			m.ask(t, 10*time.Millisecond)
		}
		<-time.After(2 * time.Minute)
		m.ask(t, 20*time.Millisecond)
		m.ask(t, 3*time.Second)
		page := m.get("/metrics")
		for _, scope := range []struct{ name, labels string }{
			{"rt:server:request_latency_ms", `rt="out",server="0.0.0.0/4140"`},
			{"rt:server:time:2XX", `rt="out",server="0.0.0.0/4140"`},
			{"rt:service:request_latency_ms", `rt="out",service="svc/web"`},
			{"rt:client:request_latency_ms", `client="#/fake/web",rt="out"`},
			{"rt:client:time:2XX", `client="#/fake/web",rt="out"`},
			{"rt:client:service:request_latency_ms", `client="#/fake/web",rt="out",service="svc/web"`},
		} {
			want := []string{}
			for _, q := range []string{"0", "0.5", "0.9", "0.95", "0.99", "0.999", "0.9999", "1"} {
				value := "2981" // a bucket of 2949 to 3014 ms
				if q == "0" || q == "0.5" {
					value = "20"
				}
				want = append(want, scope.name+"{"+strings.Replace(scope.labels, "rt=", `quantile="`+q+`",rt=`, 1)+"} "+value)
			}
			want = append(want, scope.name+"_avg{"+scope.labels+"} 1510",
				scope.name+"_count{"+scope.labels+"} 100", scope.name+"_sum{"+scope.labels+"} 4000")
			got := slices.DeleteFunc(lines(page, scope.name), func(l string) bool {
				return strings.HasPrefix(l, "#") || !strings.HasPrefix(l, scope.name+"{") && !strings.HasPrefix(l, scope.name+"_")
			})
			slices.Sort(got)
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", scope.name, diff)
			}
		}
		for _, name := range []string{`meshhop_request_duration_seconds_bucket{router="out",service="svc/web",`, `meshhop_attempt_duration_seconds_bucket{client="#/fake/web",router="out",`} {
			for le, n := range map[string]string{"0.005": "0", "0.01": "0", "0.025": "99", "2.5": "99", "5": "100", "+Inf": "100"} {
				if line := name + `status_class="2XX",le="` + le + `"} ` + n; len(lines(page, line)) != 1 {
					t.Errorf("there is no %s in\n%s", line, strings.Join(lines(page, name), "\n"))
				}
			}
		}
		if got := lines(page, `meshhop_server_response_seconds_total{rt="out",server="0.0.0.0/4140",status_class="2XX"} 104`); len(got) != 1 {
			t.Errorf("to the end of the responses it took %v", lines(page, "meshhop_server_response_seconds_total"))
		}

		var flat map[string]any
		if err := json.Unmarshal([]byte(m.get("/admin/metrics.json?q=rt/out/service/svc/web&pretty=true")), &flat); err != nil {
			t.Fatal(err)
		}
		for key, want := range map[string]any{
			"requests": 100.0, "success": 100.0, "pending": 0.0,
			"request_latency_ms.count": 2.0, "request_latency_ms.sum": 3020.0, "request_latency_ms.avg": 1510.0,
			"request_latency_ms.min": 20.0, "request_latency_ms.p50": 20.0, "request_latency_ms.p90": 2981.0, "request_latency_ms.p95": 2981.0,
			"request_latency_ms.p99": 2981.0, "request_latency_ms.p9990": 2981.0, "request_latency_ms.p9999": 2981.0, "request_latency_ms.max": 2981.0,
		} {
			if flat[key] != want {
				t.Errorf("metrics.json has %s %v, want %v", key, flat[key], want)
			}
		}
		<-time.After(time.Minute)
		if got := lines(m.get("/metrics"), "rt:service:request_latency_ms", "quantile="); got != nil {
			t.Errorf("after a minute without requests: %s", got)
		}
		// vector 325
		if got := m.get("/admin/metrics.json?q=rt/out/service/svc/web/request_latency_ms"); got != "{\".count\":0}\n" {
			t.Errorf("vector 325: %s", got)
		}
	})
}

// TestExemplars: the histograms have the trace ids of sampled requests, where the client
// takes them, and native buckets in protobuf.
func TestExemplars(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMeasured(t, true)
		m.ask(t, 20*time.Millisecond)
		m.ask(t, 3*time.Second)
		m.ask(t, 20*time.Millisecond)
		for _, name := range []string{"meshhop_request_duration_seconds_bucket", "meshhop_attempt_duration_seconds_bucket"} {
			if got := lines(m.get("/metrics"), name, "trace_id"); got != nil {
				t.Errorf("the text has %s", got)
			}
			got := lines(m.get("/metrics", "Accept", "application/openmetrics-text; version=1.0.0"), name, "trace_id")
			if len(got) != 2 || !strings.Contains(got[0], `le="0.025"} 2 # {trace_id="`) || !strings.Contains(got[1], `le="5.0"} 3 # {trace_id="`) {
				t.Errorf("OpenMetrics has %s", strings.Join(got, "\n"))
			}
		}
		const protobuf = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
		decoder := expfmt.NewDecoder(strings.NewReader(m.get("/metrics", "Accept", protobuf)), expfmt.NewFormat(expfmt.TypeProtoDelim))
		found := false
		for {
			var f dto.MetricFamily
			if err := decoder.Decode(&f); err != nil {
				break
			}
			if f.GetName() != "meshhop_request_duration_seconds" {
				continue
			}
			found = true
			h := f.Metric[0].GetHistogram()
			if h.GetSampleCount() != 3 || h.GetSchema() != 3 || len(h.PositiveSpan) != 2 || len(h.Exemplars) != 2 || len(h.Bucket) < 13 {
				t.Errorf("%v", h)
			}
			// 20 ms is in the bucket up to 2^(-45/8) s, 3 s in that up to 2^(13/8) s.
			if spans := h.PositiveSpan; spans[0].GetOffset() != -45 || spans[1].GetOffset() != 13-(-45)-1 {
				t.Errorf("the buckets are at %v", spans)
			}
		}
		if !found {
			t.Error("there is no histogram in protobuf")
		}
	})
}

// TestMetricsJSON: the page's parameters.
func TestMetricsJSON(t *testing.T) {
	s := serve(t, everything(t))
	for _, row := range []struct {
		query  string
		status int
		want   string // in the body
	}{
		{"", 200, `"rt/outgoing/bindcache/path/misses":0,`},
		{"", 200, `"jvm/num_cpus":`},
		{"?pretty=t", 200, "\n  \"rt/outgoing/bindcache/path/misses\": 0,\n"},
		{"?q=rt/outgoing/bindcache", 200, `{"client/evicts":0,"client/expires":0,"client/misses":0,"client/oneshots":0,"path/evicts":0,`},
		{"?tree=1&q=rt/outgoing/bindcache/path", 200, `{"evicts":{"counter":0},"expires":{"counter":0},"misses":{"counter":0},"oneshots":{"counter":0}}`},
		{"?tree=1", 200, `"jvm":{`},
		{"?tree=1&q=jvm/num_cpus", 200, `{"gauge":`},
		{"?tree=no&q=jvm/gc/ParNew", 200, `{"cycles":0.0,"msec":0.0}`},
		{"?q=a/b", 404, `{"error": "No such subtree: a/b"}`},
		{"?q=rt/outgoing/bind", 404, `{"error": "No such subtree: rt/outgoing/bind"}`},
		{"?q=%22%3c", 404, `{"error": "No such subtree: \"`},
	} {
		got := s.get(t, "/admin/metrics.json"+row.query)
		if got.status != row.status || !strings.Contains(got.body, row.want) || !strings.HasPrefix(got.header.Get("Content-Type"), "application/json") || !json.Valid([]byte(got.body)) {
			t.Errorf("%q: %d %s, want %d and %s", row.query, got.status, got.body, row.status, row.want)
		}
	}
}
