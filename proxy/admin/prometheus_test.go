package admin_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// dashboards is where the texts of Linkerd's own dashboards are, where they are.
const dashboards = "../../../shared/fixtures/"

// named has every name that those dashboards ask for, so that each is tested without
// them, too.
var named = []string{
	`sum(irate(rt:server:requests{rt="outgoing"}[1m]))`,
	`irate(rt:server:success{rt="outgoing"}[1m])`,
	`rt:server:request_latency_ms{rt="outgoing",quantile=~"^(0|0.5|0.9|0.95|0.99|0.999|0.9999|1)$"}`,
	`irate(rt:client:success{rt="outgoing"}[1m]) / irate(rt:client:requests{rt="outgoing"}[1m])`,
	`irate(rt:client:failures{rt="outgoing"}[1m])`,
	`sum(irate(rt:client:status:4XX{rt="outgoing"}[1m]))`,
	`sum(irate(rt:client:status:5XX{rt="outgoing"}[1m]))`,
	`max(rt:client:request_latency_ms{rt="outgoing",quantile="0.95"}) by (client)`,
	`max(rt:service:request_latency_ms{rt="outgoing",quantile="0.99"}) by (service)`,
	`max(rt:client:service:request_latency_ms{rt="outgoing",quantile="1"}) by (service)`,
	`rt:client:request_latency_ms_avg`,
	`increase(rt:client:failure_accrual:removed_for_ms{rt="outgoing",client=~"#/fake/broken"}[1m])`,
	`count(count(jvm:uptime) by (instance))`,
	`jvm:heap:used / jvm:heap:max`,
	`jvm:num_cpus`, `jvm:thread:count`, `jvm:fd_count`, `irate(jvm:gc:cycles[1m])`, `irate(jvm:gc:msec[1m])`,
	`jvm:gc:eden:pause_msec{quantile="0.5"}`, `jvm:gc:eden:pause_msec{quantile="0.9"}`, `jvm:gc:eden:pause_msec{quantile="0.99"}`,
	`irate(jvm:gc:ParNew:cycles[1m])`, `irate(jvm:gc:ParNew:msec[1m])`,
	`irate(jvm:gc:ConcurrentMarkSweep:cycles[1m])`, `irate(jvm:gc:ConcurrentMarkSweep:msec[1m])`,
	`jvm:mem:current:Par_Eden_Space:used`, `jvm:mem:current:Par_Survivor_Space:used`, `jvm:mem:current:CMS_Old_Gen:used`,
	`histogram_quantile(0.99, sum(rate(meshhop_request_duration_seconds{router="outgoing",service="web",status_class="2XX"}[1m])))`,
	`histogram_quantile(0.5, sum(rate(meshhop_attempt_duration_seconds{router="outgoing"}[1m])))`,
}

// TestPrometheus: a real Prometheus gets a finite value for each question that Linkerd's
// dashboards ask (vector 329), from what it has scraped under load, also of native
// histograms, and the trace ids of exemplars. Its linter has nothing to say about what is
// not named by Linkerd.
func TestPrometheus(t *testing.T) {
	program, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("NOT TESTED: there is no prometheus here, and no promtool: apt-get install prometheus")
	}
	s := loaded(t)
	checkMetrics(t, s.get(t, "/metrics").body)
	p := startPrometheus(t, program, s.Listener.Addr().String(), "native-histograms,exemplar-storage")
	texts := startPrometheus(t, program, s.Listener.Addr().String(), "exemplar-storage") // which asks for OpenMetrics
	questions := append([]string{}, named...)
	if files := dashboardQuestions(t); files == nil {
		t.Logf("NOT TESTED: Linkerd's dashboards are not at %s", dashboards)
	} else {
		questions = append(questions, files...)
	}
	p.wait(t, `count_over_time(jvm:uptime[1m]) >= 4`)
	for _, question := range questions {
		t.Run("vector 329: "+question, func(t *testing.T) {
			if values := p.query(t, question); !anyFinite(values) {
				t.Errorf("the values are %v", values)
			}
		})
	}
	texts.wait(t, `count_over_time(jvm:uptime[1m]) >= 4`)
	for _, question := range []string{
		`irate(rt:server:requests{rt="outgoing",server="0.0.0.0/4142"}[1m]) > 0`,
		`rt:client:request_latency_ms{rt="outgoing",client="#/fake/web",quantile="0.999"}`,
		`histogram_quantile(0.99, sum by (le) (rate(meshhop_request_duration_seconds_bucket{router="outgoing",status_class="2XX"}[1m]))) > 0`,
		`sum without (cause) (meshhop_client_failures_by_cause_total) == rt:client:failures`,
		`go_goroutines`,
		`min_over_time(up[1m]) == 1`,
		`count({__name__=~".+"}) > 300`,
	} {
		if values := texts.query(t, question); !anyFinite(values) {
			t.Errorf("in OpenMetrics %s has the values %v", question, values)
		}
	}
	for _, name := range []string{"meshhop_request_duration_seconds", "meshhop_attempt_duration_seconds"} {
		for _, p := range []*scraper{p, texts} {
			if got := p.get(t, "query_exemplars", url.Values{"query": {`{__name__=~"` + name + `(_bucket)?"}`}, "start": {"0"}, "end": {"4000000000"}}); !regexp.MustCompile(`"trace_id":"[0-9a-f]{16,32}"`).MatchString(got) {
				t.Errorf("the exemplars of %s are %s", name, got)
			}
		}
	}
}

// loaded is the admin server of a hop that has requests as long as the test lasts.
func loaded(t *testing.T) *site {
	backend := startReplica(t)
	names := new(resolvetest.Namer)
	names.Bind("/web", backend.Listener.Addr().String())
	names.Bind("/broken", "127.0.0.1:1")
	sampler, err := trace.NewSampler(1)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := trace.NewProvider(trace.ProviderConfig{Sink: new(tracetest.Recorder), Sampler: sampler})
	if err != nil {
		t.Fatal(err)
	}
	inner := newRouter(t, "outgoing", names)
	r := routerOf(t, router.Config{
		Label: "outgoing", Interpreter: inner.Interpreter(), Dtab: inner.Dtab(),
		Hop: trace.NewHop(trace.HopConfig{TracerProvider: provider}),
	})
	handler := newServer(t, r, "0.0.0.0/4142")
	hop := httptest.NewServer(handler)
	t.Cleanup(hop.Close)
	ctx, cancel := context.WithCancel(context.Background())
	var load sync.WaitGroup
	load.Go(func() {
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for i := 0; ctx.Err() == nil; i++ {
			<-tick.C
			send(t, hop, []string{"web", "web", "web", "broken"}[i%4], []string{"/200", "/404", "/503", "/200"}[i%4])
		}
	})
	t.Cleanup(func() { cancel(); load.Wait() })
	return serve(t, admin.Config{
		Routers:    []*router.Router{r},
		Servers:    []admin.Server{{Handler: handler}},
		Prometheus: map[string]string{"/admin/metrics/prometheus": ""},
	})
}

// checkMetrics has Prometheus' linter read a page. Linkerd's names break its rules.
func checkMetrics(t *testing.T, page string) {
	t.Helper()
	lint := exec.Command("promtool", "check", "metrics")
	lint.Stdin = strings.NewReader(page)
	out, err := lint.CombinedOutput()
	if len(out) == 0 && err != nil {
		t.Fatalf("promtool: %v", err)
	}
	said := 0
	for line := range strings.Lines(string(out)) {
		switch {
		case strings.HasPrefix(line, "rt:"), strings.HasPrefix(line, "jvm:"):
			said++
		default:
			t.Errorf("promtool check metrics: %s", strings.TrimSpace(line))
		}
	}
	if said == 0 {
		t.Error("promtool has not said that Linkerd's names have colons, and so has not read them")
	}
}

// scraper is a Prometheus that scrapes an admin server every second.
type scraper struct{ addr string }

func startPrometheus(t *testing.T, program, target, features string) *scraper {
	t.Helper()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &scraper{free.Addr().String()}
	free.Close()
	dir := t.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	// The relabeling is that of linkerd-viz: names are their last segments.
	text := `scrape_configs:
- job_name: linkerd
  scrape_interval: 1s
  metrics_path: /admin/metrics/prometheus
  static_configs: [{targets: ["` + target + `"]}]
  metric_relabel_configs:
  - {source_labels: [service], regex: ".*/(.+)", target_label: service}
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	command := exec.Command(program, "--config.file="+config, "--storage.tsdb.path="+filepath.Join(dir, "data"),
		"--web.listen-address="+p.addr, "--enable-feature="+features,
		"--web.console.templates="+dir, "--web.console.libraries="+dir)
	command.Stdout, command.Stderr = &log, &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(syscall.SIGTERM)
		_ = command.Wait() // by a signal
		if t.Failed() {
			t.Logf("Prometheus said:\n%s", log.String())
		}
	})
	return p
}

// wait waits until a question has a value, at most a minute.
func (p *scraper) wait(t *testing.T, question string) {
	t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for range 300 {
		<-tick.C
		if resp, err := p.ask("query", url.Values{"query": {question}}); err == nil && anyFinite(valuesOf(resp)) {
			return
		}
	}
	t.Fatalf("Prometheus has no value for %s", question)
}

func (p *scraper) query(t *testing.T, question string) []float64 {
	t.Helper()
	return valuesOf(p.get(t, "query", url.Values{"query": {question}}))
}

func (p *scraper) get(t *testing.T, what string, query url.Values) string {
	t.Helper()
	body, err := p.ask(what, query)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func (p *scraper) ask(what string, query url.Values) (string, error) {
	resp, err := http.PostForm("http://"+p.addr+"/api/v1/"+what, query)
	if err != nil {
		return "", err
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %s", resp.StatusCode, body)
	}
	return string(body), err
}

// valuesOf are the values of a result.
func valuesOf(text string) (values []float64) {
	var result struct {
		Data struct {
			Result []struct{ Value [2]any }
		}
	}
	if json.Unmarshal([]byte(text), &result) != nil {
		return nil
	}
	for _, r := range result.Data.Result {
		shown, _ := r.Value[1].(string)
		if v, err := strconv.ParseFloat(shown, 64); err == nil {
			values = append(values, v)
		}
	}
	return values
}

func anyFinite(values []float64) bool {
	for _, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			return true
		}
	}
	return false
}

// dashboardQuestions are those of linkerd-viz and of an example's dashboard, with the
// values of this hop for their variables.
func dashboardQuestions(t *testing.T) (all []string) {
	viz, err := os.ReadFile(dashboards + "linkerd-viz/queries.txt")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(viz)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			all = append(all, line)
		}
	}
	panels, err := os.ReadFile(dashboards + "linkerd-examples/failure-accrual/grafana.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`"expr": *("(?:[^"\\]|\\.)*")`).FindAllSubmatch(panels, -1) {
		var expr string
		if err := json.Unmarshal(found[1], &expr); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(expr, "rt:") { // the others are about the example's services, or a threshold
			all = append(all, expr)
		}
	}
	for i, question := range all {
		question = regexp.MustCompile(`label_values\((\w+)\)`).ReplaceAllString(question, `count({$1!=""}) by ($1)`)
		question = regexp.MustCompile(`rt='[\w.]+'`).ReplaceAllString(question, "rt='outgoing'")
		question = regexp.MustCompile(`#/io.l5d.fs/service\d`).ReplaceAllString(question, "#/fake/web")
		question = regexp.MustCompile(`0.0.0.0/414\d`).ReplaceAllString(question, "0.0.0.0/4142")
		all[i] = strings.NewReplacer("$router", "outgoing", "$service", ".*", "$instance", ".*", "$interval", "1m").Replace(question)
	}
	return all
}
