package admin_test

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve"
)

// TestKubernetesMetrics: each number has its metric, and the counters of two servers
// go on in the next Admin.
func TestKubernetesMetrics(t *testing.T) {
	stats := func(s ...resolve.WatchStats) func() []resolve.WatchStats {
		return func() []resolve.WatchStats { return s }
	}
	config := admin.Config{Kubernetes: map[string]func() []resolve.WatchStats{
		"api:443": stats(
			resolve.WatchStats{Resource: "services", Watches: 1, Connected: 2, Failing: 3, Age: 1500 * time.Millisecond, Objects: 4, Bytes: 5,
				Events: map[string]uint64{"added": 6, "deleted": 7}, Relists: 8, Failures: map[string]uint64{"gone": 9}},
			resolve.WatchStats{Resource: "configmaps", Watches: 10}),
		"api:443#2": stats(resolve.WatchStats{Resource: "services", Relists: 11}),
	}}
	a, err := admin.New(config)
	if err != nil {
		t.Fatal(err)
	}
	a.Retire(nil) // its counters go on in the next one
	config.Before = a
	got := series(serve(t, config).scrape(t, "/metrics"))
	maps.DeleteFunc(got, func(name string, v float64) bool { return v == 0 || name[:min(len(name), 12)] != "meshhop_k8s_" })
	if diff := cmp.Diff(map[string]float64{
		`meshhop_k8s_watches{resource="services",server="api:443"}`:                      1,
		`meshhop_k8s_watches_connected{resource="services",server="api:443"}`:            2,
		`meshhop_k8s_watches_failing{resource="services",server="api:443"}`:              3,
		`meshhop_k8s_answer_age_seconds{resource="services",server="api:443"}`:           1.5,
		`meshhop_k8s_objects{resource="services",server="api:443"}`:                      4,
		`meshhop_k8s_object_bytes{resource="services",server="api:443"}`:                 5,
		`meshhop_k8s_events_total{resource="services",server="api:443",type="added"}`:    12,
		`meshhop_k8s_events_total{resource="services",server="api:443",type="deleted"}`:  14,
		`meshhop_k8s_relists_total{resource="services",server="api:443"}`:                16,
		`meshhop_k8s_failures_total{reason="gone",resource="services",server="api:443"}`: 18,
		`meshhop_k8s_watches{resource="configmaps",server="api:443"}`:                    10,
		`meshhop_k8s_relists_total{resource="services",server="api:443#2"}`:              22,
	}, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}
