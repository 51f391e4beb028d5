package admin_test

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// metric is a family of series, by their labels as Prometheus shows them.
type metric struct {
	kind   string // "COUNTER"
	series map[string]float64
}

// scrape reads a page of metrics and holds it to the exposition format.
func (s *site) scrape(t testing.TB, path string) map[string]metric {
	t.Helper()
	page := s.get(t, path)
	if page.status != http.StatusOK {
		t.Fatalf("%s: status %d: %s", path, page.status, page.body)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(page.body))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	all := map[string]metric{}
	for name, f := range families {
		found := metric{f.GetType().String(), map[string]float64{}}
		if f.GetHelp() == "" || found.kind == "UNTYPED" {
			t.Errorf("%s has help %q and type %v", name, f.GetHelp(), found.kind)
		}
		for _, m := range f.Metric {
			var labels []string
			for _, l := range m.Label {
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			slices.Sort(labels)
			key := "{" + strings.Join(labels, ",") + "}"
			switch {
			case m.Counter != nil:
				found.series[name+key] = m.Counter.GetValue()
			case m.Gauge != nil:
				found.series[name+key] = m.Gauge.GetValue()
			case m.Histogram != nil:
				found.series[name+"_count"+key] = float64(m.Histogram.GetSampleCount())
				found.series[name+"_sum"+key] = m.Histogram.GetSampleSum()
			case m.Summary != nil:
				found.series[name+"_count"+key] = float64(m.Summary.GetSampleCount())
				found.series[name+"_sum"+key] = m.Summary.GetSampleSum()
			}
		}
		all[name] = found
	}
	return all
}

// series are all values of the hop's own metrics.
func series(metrics map[string]metric) map[string]float64 {
	all := map[string]float64{}
	for name, m := range metrics {
		if strings.HasPrefix(name, "rt:") || strings.HasPrefix(name, "meshhop_") {
			maps.Copy(all, m.series)
		}
	}
	return all
}

// replica answers with the status that the path ends with; the path /wait
// waits until the test releases it.
type replica struct {
	*httptest.Server
	waiting, release chan struct{}
}

func startReplica(t testing.TB) *replica {
	b := &replica{waiting: make(chan struct{}), release: make(chan struct{})}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			b.waiting <- struct{}{}
			<-b.release
			return
		}
		var status int
		fmt.Sscanf(r.URL.Path, "/%d", &status)
		w.WriteHeader(status)
	}))
	t.Cleanup(b.Close)
	return b
}

// send sends a request for a name through a hop, and reads the answer.
func send(t testing.TB, hop *httptest.Server, name, path string, header ...string) {
	t.Helper()
	r, err := http.NewRequest("GET", hop.URL+path, nil)
	if err != nil {
		t.Error(err)
		return
	}
	r.Host = name
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	client := hop.Client()
	if client == nil { // it was not started here
		client = http.DefaultClient
		defer client.CloseIdleConnections()
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Error(err)
		return
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
}

func TestMetrics(t *testing.T) {
	backend := startReplica(t)
	names := new(resolvetest.Namer)
	names.Bind("/web", backend.Listener.Addr().String(), "127.0.0.1:1")
	names.Bind("/web", backend.Listener.Addr().String())
	r := newRouter(t, "outgoing", names)
	handler := newServer(t, r, "127.0.0.1/4140")
	hop := httptest.NewServer(handler)
	defer hop.Close()
	s := serve(t, admin.Config{
		Routers:    []*router.Router{r},
		Servers:    []admin.Server{{Handler: handler}, {Handler: newServer(t, r, "127.0.0.1/4140")}},
		Spans:      map[string]func() trace.PipelineStats{"zipkin": spans{Received: 10, Exported: 1, Queued: 3, QueuedBytes: 5, Retries: 7, Dropped: trace.Drops{QueueFull: 2, Status: 4}}.Stats},
		Version:    "1.2.3",
		Prometheus: map[string]string{"/admin/metrics/prometheus": "1link-erd:"},
	})

	for _, path := range []string{"/200", "/204", "/404", "/503"} {
		send(t, hop, "web", path)
	}
	send(t, hop, "nobody", "/200")
	send(t, hop, "web", "/200", "l5d-dtab", "nonsense")
	var waiting sync.WaitGroup
	waiting.Go(func() { send(t, hop, "web", "/wait") })
	<-backend.waiting
	metrics := s.scrape(t, "/metrics")
	close(backend.release)
	waiting.Wait()

	got := series(metrics)
	maps.DeleteFunc(got, func(name string, v float64) bool { // how long it took
		return strings.Contains(name, "_payload_bytes") || // TestPayloads
			(v > 0 || strings.Contains(name, "quantile=")) && (strings.Contains(name, "latency_ms{") || strings.Contains(name, "latency_ms_sum{") || strings.Contains(name, "latency_ms_avg{") ||
				strings.Contains(name, ":time:") && !strings.Contains(name, "_count{") || strings.Contains(name, "_seconds_sum{") || strings.Contains(name, "_seconds_total{"))
	})
	maps.DeleteFunc(got, func(name string, _ float64) bool {
		return isTraffic(name) || strings.HasPrefix(name, "meshhop_build_info{goversion=\"go1.") && strings.HasSuffix(name, `,version="1.2.3"}`)
	})
	want := map[string]float64{
		`meshhop_spans_received_total{pipeline="zipkin"}`:                                                  10,
		`meshhop_spans_exported_total{pipeline="zipkin"}`:                                                  1,
		`meshhop_spans_retries_total{pipeline="zipkin"}`:                                                   7,
		`meshhop_spans_queued{pipeline="zipkin"}`:                                                          3,
		`meshhop_spans_queued_bytes{pipeline="zipkin"}`:                                                    5,
		`meshhop_spans_dropped_total{pipeline="zipkin",reason="queue_full"}`:                               2,
		`meshhop_spans_dropped_total{pipeline="zipkin",reason="refused"}`:                                  0,
		`meshhop_spans_dropped_total{pipeline="zipkin",reason="timeout"}`:                                  0,
		`meshhop_spans_dropped_total{pipeline="zipkin",reason="status"}`:                                   4,
		`meshhop_spans_dropped_total{pipeline="zipkin",reason="shutdown"}`:                                 0,
		`meshhop_admin_refused_total{reason="proxy"}`:                                                      0,
		`meshhop_admin_refused_total{reason="host"}`:                                                       0,
		`meshhop_router_requests_total{rt="outgoing"}`:                                                     6,
		`meshhop_router_success_total{rt="outgoing"}`:                                                      3,
		`meshhop_router_failures_total{rt="outgoing"}`:                                                     2,
		`meshhop_router_pending{rt="outgoing"}`:                                                            1,
		`meshhop_router_context_left_out_total{rt="outgoing"}`:                                             0,
		`rt:client:requests{client="#/fake/web",rt="outgoing"}`:                                            4,
		`rt:client:success{client="#/fake/web",rt="outgoing"}`:                                             3,
		`rt:client:failures{client="#/fake/web",rt="outgoing"}`:                                            1,
		`rt:client:pending{client="#/fake/web",rt="outgoing"}`:                                             1,
		`rt:client:loadbalancer:size{client="#/fake/web",rt="outgoing"}`:                                   1,
		`rt:client:loadbalancer:available{client="#/fake/web",rt="outgoing"}`:                              1,
		`rt:client:loadbalancer:adds{client="#/fake/web",rt="outgoing"}`:                                   1,
		`rt:client:loadbalancer:removes{client="#/fake/web",rt="outgoing"}`:                                0,
		`rt:client:loadbalancer:updates{client="#/fake/web",rt="outgoing"}`:                                1,
		`rt:client:loadbalancer:max_effort_exhausted{client="#/fake/web",rt="outgoing"}`:                   0,
		`rt:client:failure_accrual:removals{client="#/fake/web",rt="outgoing"}`:                            0,
		`rt:client:failure_accrual:revivals{client="#/fake/web",rt="outgoing"}`:                            0,
		`rt:client:failure_accrual:probes{client="#/fake/web",rt="outgoing"}`:                              0,
		`rt:client:failure_accrual:removed_for_ms{client="#/fake/web",rt="outgoing"}`:                      0,
		`meshhop_client_requeues_refused_total{client="#/fake/web",reason="body",rt="outgoing"}`:           0,
		`meshhop_client_connect_failures_total{client="#/fake/web",rt="outgoing"}`:                         0,
		`meshhop_client_unasked_total{client="#/fake/web",rt="outgoing"}`:                                  0,
		`rt:client:connections{client="#/fake/web",rt="outgoing"}`:                                         1,
		`rt:client:connects{client="#/fake/web",rt="outgoing"}`:                                            1,
		`rt:client:pool_cached{client="#/fake/web",rt="outgoing"}`:                                         0,
		`rt:client:pool_num_too_many_waiters{client="#/fake/web",rt="outgoing"}`:                           0,
		`rt:client:pool_num_waited{client="#/fake/web",rt="outgoing"}`:                                     0,
		`rt:client:pool_size{client="#/fake/web",rt="outgoing"}`:                                           1,
		`rt:client:pool_waiters{client="#/fake/web",rt="outgoing"}`:                                        0,
		`rt:client:read_timeout{client="#/fake/web",rt="outgoing"}`:                                        0,
		`rt:client:write_timeout{client="#/fake/web",rt="outgoing"}`:                                       0,
		`meshhop_service_retries_refused_total{reason="body",rt="outgoing",service="svc/nobody"}`:          0,
		`meshhop_service_retries_refused_total{reason="body",rt="outgoing",service="svc/web"}`:             0,
		`meshhop_service_retries_refused_total{reason="limit",rt="outgoing",service="svc/nobody"}`:         0,
		`meshhop_service_retries_refused_total{reason="limit",rt="outgoing",service="svc/web"}`:            0,
		`meshhop_service_retries_refused_total{reason="time",rt="outgoing",service="svc/nobody"}`:          0,
		`meshhop_service_retries_refused_total{reason="time",rt="outgoing",service="svc/web"}`:             0,
		`rt:client:retries:budget_exhausted{client="#/fake/web",rt="outgoing"}`:                            0,
		`rt:client:retries:budget{client="#/fake/web",rt="outgoing"}`:                                      100,
		`rt:client:retries:request_limit{client="#/fake/web",rt="outgoing"}`:                               0,
		`rt:client:retries:requeues_per_request_count{client="#/fake/web",rt="outgoing"}`:                  4,
		`rt:client:retries:requeues_per_request_sum{client="#/fake/web",rt="outgoing"}`:                    0,
		`rt:client:retries:requeues{client="#/fake/web",rt="outgoing"}`:                                    0,
		`rt:service:failures{rt="outgoing",service="svc/nobody"}`:                                          1,
		`rt:service:failures{rt="outgoing",service="svc/web"}`:                                             1,
		`rt:service:pending{rt="outgoing",service="svc/nobody"}`:                                           0,
		`rt:service:pending{rt="outgoing",service="svc/web"}`:                                              1,
		`rt:service:requests{rt="outgoing",service="svc/nobody"}`:                                          1,
		`rt:service:requests{rt="outgoing",service="svc/web"}`:                                             4,
		`rt:service:retries:budget_exhausted{rt="outgoing",service="svc/nobody"}`:                          0,
		`rt:service:retries:budget_exhausted{rt="outgoing",service="svc/web"}`:                             0,
		`rt:service:retries:budget{rt="outgoing",service="svc/nobody"}`:                                    100,
		`rt:service:retries:budget{rt="outgoing",service="svc/web"}`:                                       101,
		`rt:service:retries:per_request_count{rt="outgoing",service="svc/nobody"}`:                         1,
		`rt:service:retries:per_request_count{rt="outgoing",service="svc/web"}`:                            4,
		`rt:service:retries:per_request_sum{rt="outgoing",service="svc/nobody"}`:                           0,
		`rt:service:retries:per_request_sum{rt="outgoing",service="svc/web"}`:                              0,
		`rt:service:retries:total{rt="outgoing",service="svc/nobody"}`:                                     0,
		`rt:service:retries:total{rt="outgoing",service="svc/web"}`:                                        0,
		`rt:service:success{rt="outgoing",service="svc/nobody"}`:                                           0,
		`rt:service:success{rt="outgoing",service="svc/web"}`:                                              3,
		`rt:client:status:1XX{client="#/fake/web",rt="outgoing"}`:                                          0,
		`rt:client:status:200{client="#/fake/web",rt="outgoing"}`:                                          1,
		`rt:client:status:204{client="#/fake/web",rt="outgoing"}`:                                          1,
		`rt:client:status:2XX{client="#/fake/web",rt="outgoing"}`:                                          2,
		`rt:client:status:3XX{client="#/fake/web",rt="outgoing"}`:                                          0,
		`rt:client:status:404{client="#/fake/web",rt="outgoing"}`:                                          1, // vector 119
		`rt:client:status:4XX{client="#/fake/web",rt="outgoing"}`:                                          1,
		`rt:client:status:503{client="#/fake/web",rt="outgoing"}`:                                          1,
		`rt:client:status:5XX{client="#/fake/web",rt="outgoing"}`:                                          1,
		`rt:client:status:error{client="#/fake/web",rt="outgoing"}`:                                        0,
		`rt:bindcache:path:misses{rt="outgoing"}`:                                                          2,
		`rt:bindcache:path:evicts{rt="outgoing"}`:                                                          0,
		`rt:bindcache:path:expires{rt="outgoing"}`:                                                         0,
		`rt:bindcache:path:oneshots{rt="outgoing"}`:                                                        0,
		`rt:bindcache:client:misses{rt="outgoing"}`:                                                        1,
		`rt:bindcache:client:evicts{rt="outgoing"}`:                                                        0,
		`rt:bindcache:client:expires{rt="outgoing"}`:                                                       0,
		`rt:bindcache:client:oneshots{rt="outgoing"}`:                                                      0,
		`meshhop_bindcache_path_overflows_total{rt="outgoing"}`:                                            0,
		`meshhop_bindcache_client_overflows_total{rt="outgoing"}`:                                          0,
		`meshhop_services_folded{rt="outgoing"}`:                                                           0,
		`meshhop_clients_folded{rt="outgoing"}`:                                                            0,
		`meshhop_lost_context_skipped_total{}`:                                                             0,
		`meshhop_lost_context_folded{}`:                                                                    0,
		`meshhop_client_retries_refused_total{client="#/fake/web",rt="outgoing"}`:                          0,
		`meshhop_service_retries_refused_total{reason="long_response",rt="outgoing",service="svc/nobody"}`: 0,
		`meshhop_service_retries_refused_total{reason="late_response",rt="outgoing",service="svc/nobody"}`: 0,
		`meshhop_service_retries_refused_total{reason="long_response",rt="outgoing",service="svc/web"}`:    0,
		`meshhop_service_retries_refused_total{reason="late_response",rt="outgoing",service="svc/web"}`:    0,
		`meshhop_service_retries_refused_total{reason="set",rt="outgoing",service="svc/nobody"}`:           0,
		`meshhop_service_retries_refused_total{reason="set",rt="outgoing",service="svc/web"}`:              0,
		`rt:client:retries:cannot_retry{client="#/fake/web",rt="outgoing"}`:                                0,
		`meshhop_bindcache_path_size{rt="outgoing"}`:                                                       2,
		`meshhop_bindcache_client_size{rt="outgoing"}`:                                                     1,
		`rt:server:requests{rt="outgoing",server="127.0.0.1/4140"}`:                                        5,
		`rt:server:success{rt="outgoing",server="127.0.0.1/4140"}`:                                         3,
		`rt:server:failures{rt="outgoing",server="127.0.0.1/4140"}`:                                        2,
		`rt:server:pending{rt="outgoing",server="127.0.0.1/4140"}`:                                         1,
		`rt:server:status:1XX{rt="outgoing",server="127.0.0.1/4140"}`:                                      0,
		`rt:server:status:2XX{rt="outgoing",server="127.0.0.1/4140"}`:                                      2,
		`rt:server:status:3XX{rt="outgoing",server="127.0.0.1/4140"}`:                                      0,
		`rt:server:status:4XX{rt="outgoing",server="127.0.0.1/4140"}`:                                      1,
		`rt:server:status:5XX{rt="outgoing",server="127.0.0.1/4140"}`:                                      2,
		`meshhop_router_overrides_left_out_total{rt="outgoing"}`:                                           0,
		`meshhop_router_overrides_refused_total{rt="outgoing"}`:                                            0,
		`meshhop_server_overrides_ignored_total{rt="outgoing",server="127.0.0.1/4140"}`:                    0,
		`meshhop_server_overrides_ignored_total{rt="outgoing",server="127.0.0.1/4140#2"}`:                  0,
		`meshhop_server_loops_total{rt="outgoing",server="127.0.0.1/4140"}`:                                0,
		`meshhop_server_errors_cut_total{rt="outgoing",server="127.0.0.1/4140"}`:                           0,
		`meshhop_server_loops_total{rt="outgoing",server="127.0.0.1/4140#2"}`:                              0,
		`meshhop_server_refused_total{rt="outgoing",server="127.0.0.1/4140"}`:                              1,
		`rt:server:request_latency_ms_count{rt="outgoing",server="127.0.0.1/4140"}`:                        5,
	}
	for name := range want {
		if _, idle, ok := strings.Cut(name, `server="127.0.0.1/4140"`); ok { // the other server's have a number, and are 0
			want[strings.TrimSuffix(name, `"127.0.0.1/4140"`+idle)+`"127.0.0.1/4140#2"`+idle] = 0
		}
	}
	want[`rt:server:request_latency_ms_sum{rt="outgoing",server="127.0.0.1/4140#2"}`] = 0
	maps.Copy(want, map[string]float64{
		`meshhop_client_services_folded{rt="outgoing"}`:                                                       0,
		`rt:client:available{client="#/fake/web",rt="outgoing"}`:                                              1,
		`rt:client:loadbalancer:busy{client="#/fake/web",rt="outgoing"}`:                                      0,
		`rt:client:loadbalancer:load{client="#/fake/web",rt="outgoing"}`:                                      1,
		`rt:client:loadbalancer:meanweight{client="#/fake/web",rt="outgoing"}`:                                1,
		`rt:client:loadbalancer:num_weight_classes{client="#/fake/web",rt="outgoing"}`:                        1,
		`rt:client:request_latency_ms_count{client="#/fake/web",rt="outgoing"}`:                               4,
		`rt:client:time:2XX_count{client="#/fake/web",rt="outgoing"}`:                                         2,
		`rt:client:time:4XX_count{client="#/fake/web",rt="outgoing"}`:                                         1,
		`rt:client:time:5XX_count{client="#/fake/web",rt="outgoing"}`:                                         1,
		`rt:client:service:requests{client="#/fake/web",rt="outgoing",service="svc/web"}`:                     4,
		`rt:client:service:success{client="#/fake/web",rt="outgoing",service="svc/web"}`:                      3,
		`rt:client:service:failures{client="#/fake/web",rt="outgoing",service="svc/web"}`:                     1,
		`rt:client:service:pending{client="#/fake/web",rt="outgoing",service="svc/web"}`:                      1,
		`rt:client:service:request_latency_ms_count{client="#/fake/web",rt="outgoing",service="svc/web"}`:     4,
		`rt:service:request_latency_ms_count{rt="outgoing",service="svc/web"}`:                                4,
		`rt:service:request_latency_ms_count{rt="outgoing",service="svc/nobody"}`:                             1,
		`meshhop_request_duration_seconds_count{router="outgoing",service="svc/web",status_class="2XX"}`:      2,
		`meshhop_request_duration_seconds_count{router="outgoing",service="svc/web",status_class="4XX"}`:      1,
		`meshhop_request_duration_seconds_count{router="outgoing",service="svc/web",status_class="5XX"}`:      1,
		`meshhop_request_duration_seconds_count{router="outgoing",service="svc/nobody",status_class="error"}`: 1,
		`meshhop_attempt_duration_seconds_count{client="#/fake/web",router="outgoing",status_class="2XX"}`:    2,
		`meshhop_attempt_duration_seconds_count{client="#/fake/web",router="outgoing",status_class="4XX"}`:    1,
		`meshhop_attempt_duration_seconds_count{client="#/fake/web",router="outgoing",status_class="5XX"}`:    1,
	})
	for _, labels := range []string{`rt:client:retries:requeues_per_request{client="#/fake/web",rt="outgoing"}`,
		`rt:service:retries:per_request{rt="outgoing",service="svc/web"}`, `rt:service:retries:per_request{rt="outgoing",service="svc/nobody"}`} {
		name, of, _ := strings.Cut(labels, "{")
		want[name+"_avg{"+of] = 0
		for _, q := range []string{"0", "0.5", "0.9", "0.95", "0.99", "0.999", "0.9999", "1"} {
			want[name+"{"+strings.Replace(of, "rt=", `quantile="`+q+`",rt=`, 1)] = 0
		}
	}
	for name, n := range map[string]float64{ // of those that there were
		`meshhop_server_failures_by_cause_total{cause="no_replicas",rt="outgoing",server="127.0.0.1/4140"}`: 1,
		`meshhop_server_failures_by_cause_total{cause="status",rt="outgoing",server="127.0.0.1/4140"}`:      1,
		`meshhop_service_failures_by_cause_total{cause="no_replicas",rt="outgoing",service="svc/nobody"}`:   1,
		`meshhop_service_failures_by_cause_total{cause="status",rt="outgoing",service="svc/web"}`:           1,
		`meshhop_client_failures_by_cause_total{cause="status",client="#/fake/web",rt="outgoing"}`:          1,
		`rt:server:status:200{rt="outgoing",server="127.0.0.1/4140"}`:                                       1,
		`rt:server:status:204{rt="outgoing",server="127.0.0.1/4140"}`:                                       1,
		`rt:server:status:404{rt="outgoing",server="127.0.0.1/4140"}`:                                       1, // vector 119
		`rt:server:status:502{rt="outgoing",server="127.0.0.1/4140"}`:                                       1,
		`rt:server:status:503{rt="outgoing",server="127.0.0.1/4140"}`:                                       1,
		`rt:server:time:2XX_count{rt="outgoing",server="127.0.0.1/4140"}`:                                   2,
		`rt:server:time:4XX_count{rt="outgoing",server="127.0.0.1/4140"}`:                                   1, // vector 119
		`rt:server:time:5XX_count{rt="outgoing",server="127.0.0.1/4140"}`:                                   2,
	} {
		want[name] = n
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}

	for _, name := range []string{"go_goroutines", "process_start_time_seconds"} {
		if metrics[name].series == nil {
			t.Errorf("there is no %s", name)
		}
	}
	for name, want := range map[string]string{
		"rt:server:requests":           "COUNTER",
		"rt:server:pending":            "GAUGE",
		"rt:server:request_latency_ms": "GAUGE",
	} {
		if got := metrics[name].kind; got != want {
			t.Errorf("%s is a %s, not a %s", name, got, want)
		}
	}

	var plain, prefixed []string
	for name := range s.scrape(t, "/metrics") {
		plain = append(plain, "_1link_erd:"+name)
	}
	for name := range s.scrape(t, "/admin/metrics/prometheus") {
		prefixed = append(prefixed, name)
	}
	slices.Sort(plain)
	slices.Sort(prefixed)
	if diff := cmp.Diff(plain, prefixed); diff != "" {
		t.Errorf("the page with a prefix (-want +got):\n%s", diff)
	}
}

// TestLinkerdNames: a dashboard finds the series where Linkerd had them; only
// the space between labels is gone.
func TestLinkerdNames(t *testing.T) {
	backend := startReplica(t)
	names := new(resolvetest.Namer)
	names.Bind("/web", backend.Listener.Addr().String())
	r := newRouter(t, "incoming", names)
	handler := newServer(t, r, "127.0.0.1/4141")
	hop := httptest.NewServer(handler)
	send(t, hop, "web", "/200")
	hop.Close() // the request is over, and so counted
	page := serve(t, admin.Config{
		Routers:    []*router.Router{r},
		Servers:    []admin.Server{{Handler: handler}},
		Prometheus: map[string]string{"/admin/metrics/prometheus": "linkerd_"},
	}).get(t, "/admin/metrics/prometheus").body
	for _, row := range []struct{ vector, line string }{
		{"124", `linkerd_rt:server:requests{rt="incoming",server="127.0.0.1/4141"} 1`},
	} {
		t.Run("vector "+row.vector+": "+row.line, func(t *testing.T) {
			if !strings.Contains(page, "\n"+row.line+"\n") {
				t.Errorf("the page has no line %s:\n%s", row.line, page)
			}
		})
	}
}

// TestMetricsNeverGoBack scrapes while requests run.
func TestMetricsNeverGoBack(t *testing.T) {
	backend := startReplica(t)
	names := new(resolvetest.Namer)
	names.Bind("/web", backend.Listener.Addr().String())
	r := newRouter(t, "outgoing", names)
	handler := newServer(t, r, "s")
	hop := httptest.NewServer(handler)
	defer hop.Close()
	s := serve(t, admin.Config{Routers: []*router.Router{r}, Servers: []admin.Server{{Handler: handler}}})
	var sending sync.WaitGroup
	for range 4 {
		sending.Go(func() {
			for range 50 {
				send(t, hop, "web", "/200")
			}
		})
	}
	before := map[string]float64{}
	for range 20 {
		metrics := s.scrape(t, "/metrics")
		now := series(metrics)
		for name, value := range before {
			family, _, _ := strings.Cut(name, "{")
			if metrics[family].kind == "COUNTER" && now[name] < value {
				t.Errorf("%s went from %v to %v", name, value, now[name])
			}
		}
		before = now
	}
	sending.Wait()
	if got := series(s.scrape(t, "/metrics"))[`rt:client:success{client="#/fake/web",rt="outgoing"}`]; got != 200 {
		t.Errorf("%v requests were counted, not 200", got)
	}
}

// TestMetricsAreBounded: strangers may name what they like.
func TestMetricsAreBounded(t *testing.T) {
	backend := startReplica(t)
	names := new(resolvetest.Namer)
	inner := newRouter(t, "inner", names)
	r := routerOf(t, router.Config{
		Label:       `a "label"\` + "\n",
		Interpreter: inner.Interpreter(),
		Dtab:        inner.Dtab(),
		Cache:       router.CacheConfig{Paths: 3, Clients: 3},
	})
	handler := newServer(t, r, "s")
	hop := httptest.NewServer(handler)
	defer hop.Close()
	s := serve(t, admin.Config{Routers: []*router.Router{r}, Servers: []admin.Server{{Handler: handler}}})
	for i := range 20 {
		name := fmt.Sprintf("n%d", i)
		names.Bind("/"+name, backend.Listener.Addr().String())
		send(t, hop, name, "/200")
	}
	metrics := s.scrape(t, "/metrics")
	for name, m := range metrics {
		limit := 3
		if m.kind == "SUMMARY" {
			limit = 2 * 3 // a sum and a count
		} else if strings.HasSuffix(name, "_ms") || strings.HasSuffix(name, ":time:2XX") || strings.HasSuffix(name, "per_request") || strings.HasSuffix(name, "payload_bytes") {
			limit = 8 * 3 // eight quantiles
		} else if strings.HasPrefix(name, "meshhop_service_retries") {
			limit = 6 * 3 // six reasons
		}
		if (strings.HasPrefix(name, "rt:client:") || strings.Contains(name, "service")) && len(m.series) > limit {
			t.Errorf("%s has %d series", name, len(m.series))
		}
	}
	got := series(metrics)
	if misses := got[fmt.Sprintf("rt:bindcache:client:misses{rt=%q}", r.Label())]; misses != 20 {
		t.Errorf("%v misses", misses)
	}
}

// TestOwnRegistry: the library's default registry is not ours to fill.
func TestOwnRegistry(t *testing.T) {
	serve(t, everything(t)).scrape(t, "/metrics")
	families, err := prometheus.DefaultGatherer.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if strings.HasPrefix(f.GetName(), "rt:") || strings.HasPrefix(f.GetName(), "meshhop_") {
			t.Errorf("the default registry has %s", f.GetName())
		}
	}
}

// TestCloseKeepsMetrics: a process that ends can still be looked at.
func TestCloseKeepsMetrics(t *testing.T) {
	r := newRouter(t, "r", new(resolvetest.Namer))
	h, err := proxy.New(proxy.Config{Router: r})
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, admin.Config{Routers: []*router.Router{r}, Servers: []admin.Server{{Handler: h}}})
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	s.scrape(t, "/metrics")
	if got := s.get(t, delegatorPath("r", "/x", "")); got.status != http.StatusOK {
		t.Errorf("delegator: status %d: %s", got.status, got.body)
	}
}

// TestRetryMetrics: retries and requeues are counted as Linkerd names them.
func TestRetryMetrics(t *testing.T) {
	var asked atomic.Int64
	replica := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/retried" && asked.Add(1) < 3:
			w.WriteHeader(500)
		case r.URL.Path == "/nacked" && asked.Add(1) < 3:
			w.Header().Set("finagle-http-nack", "true")
			w.WriteHeader(503)
		}
	}))
	defer replica.Close()
	names := new(resolvetest.Namer)
	names.Bind("/web", replica.Listener.Addr().String())
	inner := newRouter(t, "outgoing", names)
	r := routerOf(t, router.Config{
		Label: "outgoing", Interpreter: inner.Interpreter(), Dtab: inner.Dtab(),
		Services: func(resolve.Path) router.ServicePolicy {
			return router.ServicePolicy{Classifier: router.RetryableRead5XX()}
		},
	})
	handler := newServer(t, r, "s")
	hop := httptest.NewServer(handler)
	defer hop.Close()
	s := serve(t, admin.Config{Routers: []*router.Router{r}, Servers: []admin.Server{{Handler: handler}}})
	send(t, hop, "web", "/retried")
	asked.Store(0)
	send(t, hop, "web", "/nacked")
	got := series(s.scrape(t, "/metrics"))
	for name, want := range map[string]float64{
		`rt:service:requests{rt="outgoing",service="svc/web"}`:                            2,
		`rt:service:success{rt="outgoing",service="svc/web"}`:                             2,
		`rt:service:retries:total{rt="outgoing",service="svc/web"}`:                       2,
		`rt:service:retries:per_request_count{rt="outgoing",service="svc/web"}`:           2,
		`rt:service:retries:per_request_sum{rt="outgoing",service="svc/web"}`:             2,
		`rt:client:requests{client="#/fake/web",rt="outgoing"}`:                           6,
		`rt:client:success{client="#/fake/web",rt="outgoing"}`:                            2,
		`rt:client:failures{client="#/fake/web",rt="outgoing"}`:                           4,
		`rt:client:retries:requeues{client="#/fake/web",rt="outgoing"}`:                   2,
		`rt:client:retries:requeues_per_request_count{client="#/fake/web",rt="outgoing"}`: 4,
		`rt:client:retries:requeues_per_request_sum{client="#/fake/web",rt="outgoing"}`:   2,
		`rt:client:retries:budget{client="#/fake/web",rt="outgoing"}`:                     98,

		`rt:service:retries:per_request{quantile="0",rt="outgoing",service="svc/web"}`:              0,
		`rt:service:retries:per_request{quantile="1",rt="outgoing",service="svc/web"}`:              2,
		`rt:service:retries:per_request_avg{rt="outgoing",service="svc/web"}`:                       1,
		`rt:client:retries:requeues_per_request{client="#/fake/web",quantile="0.5",rt="outgoing"}`:  0,
		`rt:client:retries:requeues_per_request{client="#/fake/web",quantile="1",rt="outgoing"}`:    2,
		`meshhop_client_failures_by_cause_total{cause="refused",client="#/fake/web",rt="outgoing"}`: 2,
		`meshhop_client_failures_by_cause_total{cause="status",client="#/fake/web",rt="outgoing"}`:  2,
	} {
		if got[name] != want {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
}
