package app

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// TestMetricsTelemeters: a file that names io.l5d.influxdb and io.l5d.statsd has the page,
// and its metrics are sent, the last ones when the program ends.
func TestMetricsTelemeters(t *testing.T) {
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	next := func() string {
		t.Helper()
		if err := socket.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
			t.Fatal(err)
		}
		packet := make([]byte, 1500)
		n, _, err := socket.ReadFrom(packet)
		if err != nil {
			t.Fatal(err)
		}
		return string(packet[:n])
	}
	port := socket.LocalAddr().(*net.UDPAddr).Port
	p := start(t, "run", write(t, fmt.Sprintf(`
admin: {port: 0}
telemetry:
- {kind: io.l5d.influxdb}
- {kind: io.l5d.statsd, experimental: true, prefix: hop, port: %d, gaugeIntervalMs: 100}
- {kind: io.l5d.statsd, experimental: true, prefix: end, port: %[1]d, gaugeIntervalMs: 3600000}
routers: [{protocol: http, label: outgoing, dtab: /svc => /$/fail, servers: [{port: 0}]}]
`, port)))
	for !strings.Contains(next(), "hop.jvm.uptime:") {
	}
	if resp, body := get(t, p.addr("router outgoing"), "http://web/", nil); resp.StatusCode != 502 {
		t.Errorf("status %d: %s", resp.StatusCode, body)
	}
	for !strings.Contains(next(), "hop.rt.outgoing.service.svc.web.failures:1|c") {
	}
	resp, page := get(t, "", "http://"+p.addr("admin")+"/admin/metrics/influxdb", nil)
	if resp.StatusCode != 200 || !strings.Contains(page, "\njvm,host=127.0.0.1:") || !strings.Contains(page, "\nrt:service,host=") {
		t.Errorf("status %d\n%s", resp.StatusCode, page)
	}
	p.stop()
	for !strings.Contains(next(), "end.rt.outgoing.service.svc.web.failures:1|c") {
	}
	if said := p.err.String(); strings.Contains(said, "telemetry") {
		t.Errorf("it is said that\n%s", said)
	}
}
