package config_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/trace/zipkin/stock"
)

// TestZipkinTransport: where the spans go, what the notice says, and what is wrong.
func TestZipkinTransport(t *testing.T) {
	kinds := config.Builtin()
	kinds.ZipkinEngines["other"] = stock.New
	const h = "http://z:9411/api/v2/spans"
	for _, row := range []struct{ in, target, notice, wrong string }{
		{"", "auto://z:9410", "else by HTTP to z:9411", ""},
		{"port: 9410", "auto://z:9410", "else by HTTP to z:9411", ""},
		{"port: 9410, transport: auto", "auto://z:9410", "else by HTTP to z:9411", ""},
		{"transport: scribe", "scribe://z:9410", "", ""},
		{"transport: scribe, port: 1463", "scribe://z:1463", "", ""},
		{"transport: http", h, "Scribe port", ""},
		{"transport: http, port: 9411", h, "", ""},
		{"transport: auto, port: 9411", h, "", ""},
		{"port: 9411", h, "", ""},
		{"transport: http, port: 80", "http://z:80/api/v2/spans", "", ""},
		{"port: 80", "http://z:80/api/v2/spans", "not by Scribe", ""},
		{"engine: other", h, "Scribe port", ""},
		{"engine: other, transport: scribe", "", "", "telemetry[0].transport: scribe needs the engine native"},
		{"transport: kafka", "", "", `telemetry[0].transport: must be auto, scribe or http, not "kafka"`},
	} {
		in := "routers: [{protocol: http, servers: [{port: 0}]}]\ntelemetry:\n- {kind: io.l5d.zipkin, host: z, " + row.in + "}\n"
		file, err := config.Load("f", []byte(in), kinds)
		if row.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), row.wrong) {
				t.Errorf("%q: %v", row.in, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%q: %v", row.in, err)
			continue
		}
		notice := ""
		for _, n := range file.Notices {
			notice += n.String()
		}
		if row.notice == "" && notice != "" || !strings.Contains(notice, row.notice) {
			t.Errorf("%q: notice %q", row.in, notice)
		}
		mesh, err := file.Build(config.BuildOptions{})
		if err != nil {
			t.Errorf("%q: %v", row.in, err)
			continue
		}
		if mesh.Spans[row.target] == nil {
			t.Errorf("%q goes to %v", row.in, slices.Collect(maps.Keys(mesh.Spans)))
		}
		if err := mesh.Close(within(t, 5*time.Second)); err != nil {
			t.Error(err)
		}
	}
}

// TestSpansToOnePlace: two telemeters whose spans go to the same place are told apart
// in metrics.
func TestSpansToOnePlace(t *testing.T) {
	const telemeter = "- {kind: io.zipkin.http, host: 'z:9411'}\n"
	mesh := build(t, "telemetry:\n"+telemeter+telemeter+telemeter+valid, config.Builtin(), config.BuildOptions{})
	const target = "http://z:9411/api/v2/spans"
	if got := slices.Sorted(maps.Keys(mesh.Spans)); !slices.Equal(got, []string{target, target + "#2", target + "#3"}) {
		t.Errorf("spans go to %v", got)
	}
}
