package admin_test

import (
	"bufio"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// TestInfluxLines: the lines of a tree.
func TestInfluxLines(t *testing.T) {
	for _, row := range []struct {
		name, host string
		of         func(*admin.Tree)
		want       string
	}{
		{"vector 342", "", func(m *admin.Tree) {
			m.Count(1, "rt", "incoming", "client", "/#/bar", "service", "/svc/foo", "requests")
		}, "rt:client:service,client=/#/bar,host=none,rt=incoming,service=/svc/foo requests=1\n"},
		{"vector 343", "", func(m *admin.Tree) { m.Count(1, "abc"); m.Count(2, "def") }, "root,host=none abc=1,def=2\n"},
		{"vector 344", "", func(m *admin.Tree) { m.Spread([]int{1, 2}, "foo", "bar", "bas") },
			"foo:bar,host=none bas_avg=1.5,bas_count=2,bas_max=2,bas_min=1,bas_p50=1,bas_p90=2,bas_p95=2,bas_p99=2,bas_p999=2,bas_p9999=2,bas_sum=3\n"},
		{"a stat without values", "h", func(m *admin.Tree) { m.Spread(nil, "x", "y") },
			"x,host=h y_avg=0,y_count=0,y_max=0,y_min=0,y_p50=0,y_p90=0,y_p95=0,y_p99=0,y_p999=0,y_p9999=0,y_sum=0\n"},
		{"a gauge, below and beside", "h:9990", func(m *admin.Tree) {
			m.Level(2.5, "rt", "out", "service", "svc/a", "pending")
			m.Count(3, "rt", "out", "service", "svc/a", "retries", "total")
			m.Count(4, "rt", "out", "server", "0.0.0.0/4140", "requests")
			m.Level(1, "jvm", "mem", "Par Eden-Space", "used")
		}, `jvm:mem:Par_Eden_Space,host=h:9990 used=1.0
rt:server,host=h:9990,rt=out,server=0.0.0.0/4140 requests=4
rt:service:retries,host=h:9990,rt=out,service=svc/a total=3
rt:service,host=h:9990,rt=out,service=svc/a pending=2.5
`},
		{"names that would be something else", `a b,c=d\`, func(m *admin.Tree) {
			m.Count(1, "rt", `x y,rt=z\`, "service", `svc/a\x20b\,c`+"\nroot x=1", "a b,c=d\n")
		}, `rt:service,host=a\ b\,c\=d\\,rt=x\ y\,rt\=z\\,service=svc/a\x20b\\\,c\ root\ x\=1 a\ b\,c\=d\ =1` + "\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			var m admin.Tree
			row.of(&m)
			if diff := cmp.Diff(row.want, m.Influx(row.host)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestInfluxPage: the page is there if it is configured, and has the fields that the
// dashboard of Linkerd's example asks for (admin.Config.InfluxDB).
func TestInfluxPage(t *testing.T) {
	backend := startReplica(t)
	names := new(resolvetest.Namer)
	names.Bind("/web", backend.Listener.Addr().String())
	r := newRouter(t, "outgoing", names)
	handler := newServer(t, r, "0.0.0.0/4140")
	hop := httptest.NewServer(handler)
	send(t, hop, "web", "/404")
	hop.Close()
	config := admin.Config{Routers: []*router.Router{r}, Servers: []admin.Server{{Handler: handler}}, InfluxDB: true}
	s := serve(t, config)
	page := s.get(t, "/admin/metrics/influxdb")
	if page.status != 200 || page.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Fatalf("status %d, %v", page.status, page.header)
	}
	host := "host=" + s.Listener.Addr().String()
	found := map[string]string{}
	for line := range strings.Lines(page.body) {
		series, fields, _ := strings.Cut(strings.TrimSpace(line), " ")
		found[series] = "," + fields + ","
	}
	for series, fields := range map[string][]string{
		"rt:client,client=#/fake/web," + host + ",rt=outgoing":                         {"requests=1", "success=1", "request_latency_ms_count=1", "pending=0.0"},
		"rt:client:status,client=#/fake/web," + host + ",rt=outgoing":                  {"4XX=1", "5XX=0", "404=1"},
		"rt:client:service,client=#/fake/web," + host + ",rt=outgoing,service=svc/web": {"requests=1"},
		"rt:server," + host + ",rt=outgoing,server=0.0.0.0/4140":                       {"requests=1"},
		"rt:service:retries," + host + ",rt=outgoing,service=svc/web":                  {"total=0", "per_request_p9999=0"},
		"jvm:gc," + host: {"cycles="},
	} {
		for _, field := range fields {
			if !strings.Contains(found[series], ","+field) {
				t.Errorf("%s has no %s: %s", series, field, found[series])
			}
		}
	}
	if got := s.do(t, "POST", "/admin/metrics/influxdb", ""); got.status != 405 {
		t.Errorf("POST: %d", got.status)
	}
	config.InfluxDB = false
	if got := serve(t, config).get(t, "/admin/metrics/influxdb"); got.status != 404 {
		t.Errorf("without the telemeter: %d", got.status)
	}
	config.InfluxDB, config.Prometheus = true, map[string]string{"/admin/metrics/influxdb": ""}
	if _, err := admin.New(config); err == nil || !strings.Contains(err.Error(), "needs the path of another page") {
		t.Errorf("twice the same path: %v", err)
	}
}

// FuzzInflux: whatever names are, a line is one line of tags and fields.
func FuzzInflux(f *testing.F) {
	f.Add("web", "svc/hello", "requests")
	f.Add(`a\`, `b\,`, "c=\n")
	f.Add("a b", "\\\\ ", `\=`)
	f.Fuzz(func(t *testing.T, host, service, name string) {
		var m admin.Tree
		m.Count(1, "rt", "r", "service", service, name)
		page := m.Influx(host)
		if strings.Count(page, "\n") != 1 || page[len(page)-1] != '\n' {
			t.Fatalf("%q", page)
		}
		// What separates is what no backslash escapes.
		in := bufio.NewReader(strings.NewReader(page))
		separators := ""
		for {
			c, _, err := in.ReadRune()
			if err != nil {
				break
			}
			switch c {
			case '\\':
				in.ReadRune()
			case ',', '=', ' ', '\n':
				separators += string(c)
			}
		}
		if separators != ",=,=,= =\n" {
			t.Errorf("%q: %q", page, separators)
		}
	})
}
