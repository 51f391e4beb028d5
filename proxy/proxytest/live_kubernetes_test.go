package proxytest_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/proxytest"
)

// TestKubernetesMetrics: whoever runs the hop sees in its metrics what it watches
// at an API server, that the server fails it, and how old the responses are.
func TestKubernetesMetrics(t *testing.T) {
	pod := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer pod.Close()
	var api k8stest.Server
	api.Bind("default", "hello", "http", pod.Listener.Addr().String())
	mesh := proxytest.Options{Build: config.BuildOptions{Kubernetes: &api}}.Start(t, `
namers:
- kind: io.l5d.k8s
- {kind: io.l5d.k8s, host: 10.0.0.1, port: 80, prefix: /other}
routers:
- protocol: http
  dtab: /svc => /#/io.l5d.k8s/default/http
  servers: [{port: 0}]
`)
	plain := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	// metrics are those of Kubernetes, by their names with labels.
	metrics := func() map[string]float64 {
		t.Helper()
		all := map[string]float64{}
		_, page := get(t, plain, mesh.AdminURL+"/metrics")
		for line := range strings.Lines(page) {
			name, text, _ := strings.Cut(strings.TrimSpace(line), " ")
			if value, err := strconv.ParseFloat(text, 64); err == nil && strings.HasPrefix(name, "meshhop_k8s_") {
				all[name] = value
			}
		}
		return all
	}
	const of = `{resource="endpointslices",server="localhost:8001"}`
	const problem = `meshhop_k8s_failures_total{reason="server_error",resource="endpointslices",server="localhost:8001"}`
	wait := func(what string, is func(now map[string]float64) bool) {
		t.Helper()
		now := metrics()
		for begun := time.Now(); !is(now); now = metrics() {
			if time.Since(begun) > time.Minute {
				t.Fatalf("%s: the metrics stay %v", what, now)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}

	if now := metrics(); len(now) != 0 {
		t.Errorf("nothing is watched, and the metrics are %v", now)
	}
	if status, body := get(t, mesh.Client("http"), "http://hello/"); status != http.StatusOK {
		t.Fatalf("status %d: %s", status, body)
	}
	wait("a name in use", func(now map[string]float64) bool {
		_, counted := now[problem]
		return now["meshhop_k8s_watches"+of] == 1 && now["meshhop_k8s_watches_connected"+of] == 1 && now["meshhop_k8s_objects"+of] == 1 &&
			now["meshhop_k8s_object_bytes"+of] > 0 && counted
	})

	api.Bind("default", "hello", "http", pod.Listener.Addr().String(), "127.0.0.1:1")
	wait("a change", func(now map[string]float64) bool {
		return now[`meshhop_k8s_events_total{resource="endpointslices",server="localhost:8001",type="modified"}`]+
			now[`meshhop_k8s_events_total{resource="endpointslices",server="localhost:8001",type="added"}`] > 0
	})

	end := api.Fail("", "", k8stest.Status(503, "ServiceUnavailable", "etcd has no leader"))
	api.Cut("")
	wait("an outage", func(now map[string]float64) bool {
		return now["meshhop_k8s_watches_failing"+of] == 1 && now["meshhop_k8s_watches_connected"+of] == 0 && now["meshhop_k8s_answer_age_seconds"+of] > 0 &&
			now[problem] > 0 && now["meshhop_k8s_objects"+of] > 0
	})
	api.Forget(false) // so that it lists again
	end()
	wait("the outage is over", func(now map[string]float64) bool {
		return now["meshhop_k8s_watches_failing"+of] == 0 && now["meshhop_k8s_watches_connected"+of] == 1 && now["meshhop_k8s_answer_age_seconds"+of] == 0 &&
			now["meshhop_k8s_relists_total"+of] > 0 && now[problem] > 0
	})
	for name := range metrics() {
		if strings.Contains(name, "hello") || strings.Contains(name, "10.0.0.1") {
			t.Errorf("%s names what is asked for, or a server that is not asked", name)
		}
	}
}
