package config_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/config"
)

// TestMetricsTelemeters: what the telemeters of metrics ask of the admin server, what they
// tell and what they refuse.
func TestMetricsTelemeters(t *testing.T) {
	const (
		routers      = "\nrouters: [{protocol: http, servers: [{port: 0}]}]\n"
		experimental = "The io.l5d.statsd telemeter is experimental and must be explicitly enabled by setting the `experimental' parameter to `true'."
	)
	for _, row := range []struct {
		name, telemetry string
		statsd          []config.Statsd
		influx          bool
		notices, errors []string
	}{
		{name: "none", telemetry: "{kind: io.l5d.prometheus}"},
		{name: "influxdb", telemetry: "{kind: io.l5d.influxdb}", influx: true},
		{name: "influxdb twice", telemetry: "{kind: io.l5d.influxdb}, {kind: io.l5d.influxdb}", errors: []string{"1:45: telemetry[1].kind: /admin/metrics/influxdb is the page of telemetry[0] too"}},
		{name: "its page", telemetry: "{kind: io.l5d.influxdb}, {kind: io.l5d.prometheus, path: /admin/metrics/influxdb}", errors: []string{"1:70: telemetry[1].path: /admin/metrics/influxdb is the page of telemetry[0] too"}},
		{name: "influxdb has no keys", telemetry: "{kind: io.l5d.influxdb, path: /x}", errors: []string{"1:37: telemetry[0].path: unknown key"}},
		{
			name: "statsd", telemetry: "{kind: io.l5d.statsd, experimental: true}",
			statsd: []config.Statsd{{Addr: "127.0.0.1:8125", Prefix: "linkerd", Interval: 10 * time.Second}},
		},
		{
			name: "two statsds", telemetry: "{kind: io.l5d.statsd, experimental: true, hostname: '::1', prefix: '', gaugeIntervalMs: 100, sampleRate: 1}, {kind: io.l5d.statsd, experimental: true, port: 1}",
			statsd: []config.Statsd{{Addr: "[::1]:8125", Interval: 100 * time.Millisecond}, {Addr: "127.0.0.1:1", Prefix: "linkerd", Interval: 10 * time.Second}},
		},
		{
			name: "statsd, told", telemetry: "{kind: io.l5d.statsd, experimental: true, gaugeIntervalMs: 1, sampleRate: 0.5}",
			statsd: []config.Statsd{{Addr: "127.0.0.1:8125", Prefix: "linkerd", Interval: 100 * time.Millisecond}},
			notices: []string{
				"1:72: telemetry[0].gaugeIntervalMs: is taken for 100, the least there is here",
				"1:87: telemetry[0].sampleRate: has no effect: every event is counted, and the counts are sent once in gaugeIntervalMs",
			},
		},
		{name: "statsd is experimental", telemetry: "{kind: io.l5d.statsd}", errors: []string{"1:13: telemetry[0].experimental: " + experimental}},
		{name: "statsd is experimental, false", telemetry: "{kind: io.l5d.statsd, experimental: false}", errors: []string{"1:49: telemetry[0].experimental: " + experimental}},
		{
			name: "statsd, wrong", telemetry: "{kind: io.l5d.statsd, experimental: true, hostname: '', port: 0, gaugeIntervalMs: 0, sampleRate: 2}",
			errors: []string{
				"1:65: telemetry[0].hostname: must not be empty",
				"1:75: telemetry[0].port: must be from 1 to 65535, not 0",
				"1:95: telemetry[0].gaugeIntervalMs: must be from 1 to 2147483647, not 0",
				"1:110: telemetry[0].sampleRate: must be from 0 to 1, not \"2\"",
			},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			file, err := config.Load("f", []byte("telemetry: ["+row.telemetry+"]"+routers), config.Builtin())
			var got []string
			for _, line := range lines(err) {
				line, _, _ = strings.Cut(line, ";")
				got = append(got, line)
			}
			if diff := cmp.Diff(row.errors, got); diff != "" || err != nil {
				if diff != "" {
					t.Errorf("errors (-want +got):\n%s", diff)
				}
				return
			}
			var notices []string
			for _, n := range file.Notices {
				notices = append(notices, strings.TrimPrefix(n.String(), "f:"))
			}
			if diff := cmp.Diff(row.notices, notices); diff != "" {
				t.Errorf("notices (-want +got):\n%s", diff)
			}
			mesh, err := file.Build(config.BuildOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer mesh.Close(context.Background())
			if diff := cmp.Diff(row.statsd, mesh.Statsd); diff != "" || mesh.InfluxDB != row.influx {
				t.Errorf("page for InfluxDB: %v; statsd (-want +got):\n%s", mesh.InfluxDB, diff)
			}
		})
	}
}
