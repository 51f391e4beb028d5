//go:build unix

package app

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// ask sends a request for the name x with an override.
func (p *running) ask(server, method, path, dtab string) (status int, body string) {
	p.t.Helper()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	r, err := http.NewRequest(method, "http://"+server+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	r.Host = "x"
	if dtab != "" {
		r.Header.Set("l5d-dtab", dtab)
	}
	resp, err := transport.RoundTrip(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	text := make([]byte, 64<<10)
	n, _ := resp.Body.Read(text) // enough to tell what it is
	return resp.StatusCode, string(text[:n])
}

// TestOverridesToTheProcess: a stranger's header neither ends the program, nor
// reads its configuration, nor makes many requests of one; the file may lead where
// it wants.
func TestOverridesToTheProcess(t *testing.T) {
	t.Setenv("POD_IP", "192.0.2.77")
	app := startReplica(t, "app")
	ports := freePorts(t, 4)
	p := start(t, "run", write(t, fmt.Sprintf(`
admin: {port: %[1]d}
routers:
- {protocol: http, label: front, dtab: /svc => /$/inet/127.0.0.1/%[5]s, servers: [{port: %[2]d}]}
- {protocol: http, label: self, dtab: /svc => /$/inet/127.0.0.1/%[3]d, servers: [{port: %[3]d}]}
- {protocol: http, label: pages, dtab: /svc => /$/inet/127.0.0.1/%[1]d, servers: [{port: %[4]d}]}
`, ports[0], ports[1], ports[2], ports[3], app.port)))
	front := p.addr("router front")
	to := func(host string, port int) string { return fmt.Sprintf("/svc=>/$/inet/%s/%d", host, port) }
	for _, row := range []struct {
		name, server, method, path, dtab string
		status                           int
		body                             string
	}{
		{"reads the configuration", front, "GET", "/config.json", to("127.0.0.1", ports[0]), 403, "where this proxy itself listens"},
		{"ends the program", front, "POST", "/admin/shutdown", to("127.0.0.1", ports[0]), 403, "where this proxy itself listens"},
		{"names the hop itself", front, "GET", "/", to("127.0.0.1", ports[1]), 403, "where this proxy itself listens"},
		{"names another router", front, "GET", "/", to("localhost", ports[2]), 403, "where this proxy itself listens"},
		{"names the pod", front, "GET", "/", to("192.0.2.77", ports[0]), 403, "192.0.2.77:"},
		{"names a service", front, "GET", "/", "/svc => /$/inet/127.0.0.1/" + app.port, 200, "app"},
		{"the file names the hop itself", p.addr("router self"), "GET", "/", "", 508, "goes round in a loop"},
		{"the file names the admin server", p.addr("router pages"), "GET", "/admin/ping", "", 200, "pong"},
		{"the same with an override that has no part in it", p.addr("router pages"), "GET", "/admin/ping", "/x => /y", 200, "pong"},
	} {
		t.Run(row.name, func(t *testing.T) {
			status, body := p.ask(row.server, row.method, row.path, row.dtab)
			if status != row.status || !strings.Contains(body, row.body) {
				t.Errorf("%d %s", status, body)
			}
		})
	}
	_, metrics := get(t, "", "http://"+p.addr("admin")+"/metrics", nil)
	for name, want := range map[string]int{
		`rt:server:requests{rt="self",server="127.0.0.1/` + strconv.Itoa(ports[2]) + `"}`: 2, // of one
		`meshhop_router_overrides_refused_total{rt="front"}`:                              5,
	} {
		// In the exposition format the label order is that of the alphabet.
		value := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(metrics)
		if value == nil || value[1] != strconv.Itoa(want) {
			t.Errorf("%s is %v, want %d", name, value, want)
		}
	}
}

// TestListenersFollowReloads: where the program listens after a reload, and only
// there, no override leads.
func TestListenersFollowReloads(t *testing.T) {
	app := startReplica(t, "app")
	ports := freePorts(t, 4)
	first, second := hopTo(app, ports[0], ports[1]), hopTo(app, ports[0], ports[2])
	second += fmt.Sprintf("  - port: %d\n", ports[3])
	p := startReloading(t, first)
	server := p.addr("router http")
	expect := func(when string, want map[int]int) {
		t.Helper()
		for port, status := range want {
			if got, body := p.ask(server, "GET", "/", fmt.Sprintf("/svc=>/$/inet/127.0.0.1/%d", port)); got != status {
				t.Errorf("%s, port %d: %d %s", when, port, got, body)
			}
		}
	}
	expect("at first", map[int]int{ports[0]: 403, ports[1]: 403, ports[2]: 502, ports[3]: 502})
	p.change(second, true)
	waitFor(t, "the old admin server to be gone", func() bool {
		status, _ := p.ask(server, "GET", "/", fmt.Sprintf("/svc=>/$/inet/127.0.0.1/%d", ports[1]))
		return status == 502
	})
	expect("after a reload", map[int]int{ports[0]: 403, ports[2]: 403, ports[3]: 403})
	p.change(first, true)
	waitFor(t, "the servers that came to be gone", func() bool {
		a, _ := p.ask(server, "GET", "/", fmt.Sprintf("/svc=>/$/inet/127.0.0.1/%d", ports[2]))
		b, _ := p.ask(server, "GET", "/", fmt.Sprintf("/svc=>/$/inet/127.0.0.1/%d", ports[3]))
		return a == 502 && b == 502
	})
	expect("after another", map[int]int{ports[0]: 403, ports[1]: 403})
}
