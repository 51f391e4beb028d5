package admin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/admin"
)

func TestReloads(t *testing.T) {
	at := time.Date(2024, 2, 29, 12, 30, 0, 0, time.FixedZone("", 3600))
	for _, row := range []struct {
		name    string
		reloads admin.Reloads
		page    string
		metrics []string
	}{
		{
			"never", admin.Reloads{File: "linkerd.yaml", Loaded: at},
			"file: linkerd.yaml\nin effect since: 2024-02-29T11:30:00Z\nread again: 0 taken, 0 refused\n",
			[]string{
				`meshhop_config_reloads_total{result="taken"} 0`, `meshhop_config_reloads_total{result="refused"} 0`,
				"meshhop_config_last_reload_successful 1", "meshhop_config_loaded_timestamp_seconds 1709206200",
			},
		},
		{
			"refused", admin.Reloads{File: "linkerd.yaml", Loaded: at, Taken: 2, Refused: 1, Problem: "linkerd.yaml:3:1: no", Tried: at.Add(time.Hour)},
			"file: linkerd.yaml\nin effect since: 2024-02-29T11:30:00Z\nread again: 2 taken, 1 refused\nrefused at: 2024-02-29T12:30:00Z\nlinkerd.yaml:3:1: no\n",
			[]string{
				`meshhop_config_reloads_total{result="taken"} 2`, `meshhop_config_reloads_total{result="refused"} 1`,
				"meshhop_config_last_reload_successful 0",
			},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := serve(t, admin.Config{Reload: func() admin.Reloads { return row.reloads }})
			if got := s.get(t, "/admin/reload"); got.status != 200 || got.body != row.page {
				t.Errorf("status %d\n%s", got.status, got.body)
			}
			if got := s.do(t, "POST", "/admin/reload", ""); got.status != 405 {
				t.Errorf("POST: status %d", got.status)
			}
			metrics := s.get(t, "/metrics").body
			for _, want := range row.metrics {
				if !strings.Contains(metrics, want+"\n") {
					t.Errorf("the metrics lack %s", want)
				}
			}
		})
	}
	s := serve(t, admin.Config{})
	if got := s.get(t, "/admin/reload"); got.status != 404 {
		t.Errorf("status %d although there is nothing to tell", got.status)
	}
	if metrics := s.get(t, "/metrics").body; strings.Contains(metrics, "meshhop_config_") {
		t.Error("metrics although there is nothing to tell")
	}
}
