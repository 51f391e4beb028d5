package admin_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/admin"
	draining "github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// allPages is a configuration with all pages.
func allPages(t testing.TB) admin.Config {
	names := new(resolvetest.Namer)
	names.Bind("/web", "127.0.0.1:1")
	interpreter, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: names}}})
	if err != nil {
		t.Fatal(err)
	}
	r := routerOf(t, router.Config{Label: "outgoing", Dtab: resolve.MustDtab("/svc => /#/fake"), Interpreter: interpreter})
	return admin.Config{
		Routers:    []*router.Router{r},
		Namers:     []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: names}},
		Effective:  func() []byte { return []byte("{}") },
		Shutdown:   func(time.Duration) { t.Error("shut down") },
		Reload:     func() admin.Reloads { return admin.Reloads{} },
		Prometheus: map[string]string{"/admin/metrics/prometheus": "", "/stats": ""},
	}
}

// raw sends bytes as they are and returns the answer.
func (s *site) raw(t testing.TB, request string) (status int, body string) {
	t.Helper()
	conn, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(request, " ")
	resp, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// TestThroughProxy: of the pages, a request with the marks of a proxy gets those
// that tell nothing but that the process lives and how it does. Series T16.4 and
// III.5 are GET /admin/ping.
func TestThroughProxy(t *testing.T) {
	s := serve(t, allPages(t))
	index := s.get(t, "/admin").body
	open := map[string]bool{"/admin/ping": true, "/admin/ready": true, "/metrics": true, "/admin/metrics.json": true, "/admin/metrics/prometheus": true, "/stats": true}
	for path := range strings.Lines(index) {
		path = strings.TrimSpace(path)
		for _, method := range []string{"GET", "POST", "HEAD"} {
			for _, mark := range []string{
				"Via: 1.1 linkerd", "via: 1.0 fred, 1.1 p.example", "Via:",
				"l5d-ctx-trace: AAA", "L5D-DTAB: /svc=>/x", "l5d-dst-service: /svc/admin", "l5d-anything: 1", "L5d-Reqid: 1",
			} {
				status, body := s.raw(t, method+" "+path+" HTTP/1.1\r\nHost: "+s.Listener.Addr().String()+"\r\n"+mark+"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
				refused := status == http.StatusForbidden
				if refused == open[path] {
					t.Errorf("%s %s with %q: %d %q", method, path, mark, status, body)
				}
				if refused && method != "HEAD" && (strings.Count(body, "\n") != 1 || !strings.Contains(body, "directly")) {
					t.Errorf("%s %s: the refusal says %q", method, path, body)
				}
			}
		}
	}
	if got := s.do(t, "GET", "/admin/ping", "", "Via", "1.1 linkerd"); got.body != "pong" {
		t.Errorf("got %q", got.body)
	}
	// A name in a mesh is no Host that this server trusts; but no page writes Via.
	for _, row := range []struct {
		request string
		status  int
	}{
		{"GET /admin/ping HTTP/1.1\r\nHost: admin\r\nVia: 1.1 linkerd\r\n\r\n", 200},
		{"GET /metrics HTTP/1.1\r\nHost: admin\r\nVia: 1.1 linkerd\r\nConnection: close\r\n\r\n", 200},
		{"GET /metrics HTTP/1.1\r\nHost: admin\r\nl5d-reqid: 1\r\n\r\n", 403},
		{"GET /metrics HTTP/1.1\r\nHost: admin\r\n\r\n", 403},
		{"GET /admin/ready HTTP/1.1\r\nHost: admin\r\nVia: 1.1 linkerd\r\nConnection: close\r\n\r\n", 200},
		{"GET /admin/metrics/none HTTP/1.1\r\nHost: admin\r\nVia: 1.1 linkerd\r\n\r\n", 404}, // which is no page, with or without a proxy
	} {
		if status, _ := s.raw(t, row.request); status != row.status {
			t.Errorf("%q: %d, want %d", row.request, status, row.status)
		}
	}
	if got := s.scrape(t, "/metrics")["meshhop_admin_refused_total"].series; got[`meshhop_admin_refused_total{reason="proxy"}`] == 0 || got[`meshhop_admin_refused_total{reason="host"}`] != 2 {
		t.Errorf("counted %v", got)
	}
}

// TestAttackThroughOverride: a stranger's header leads a router to the admin
// server, which neither ends nor tells anything (series T16.4 and III.5 beside
// it).
func TestAttackThroughOverride(t *testing.T) {
	s := serve(t, allPages(t))
	interpreter, err := resolve.New(resolve.Config{Utilities: map[string]resolve.Namer{"inet": addresses{}}})
	if err != nil {
		t.Fatal(err)
	}
	r := routerOf(t, router.Config{Label: "edge", Interpreter: interpreter})
	handler, err := proxy.New(proxy.Config{Router: r})
	if err != nil {
		t.Fatal(err)
	}
	edge := draining.New(handler, draining.Config{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- edge.Serve(l) }()
	defer func() {
		if err := edge.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		<-served
	}()
	ip, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	for _, row := range []struct {
		line   string
		status int
		body   string // what the answer contains
	}{
		{"GET /admin/ping", 200, "pong"},
		{"GET /metrics", 200, "meshhop_build_info"},
		{"GET /config.json", 403, "directly"},
		{"POST /admin/shutdown", 403, "directly"},
		{"POST /admin/shutdown?grace=0s", 403, "directly"},
		{"GET /delegator.json?path=/svc/web", 403, "directly"},
		{"GET /", 403, "directly"},
	} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: x\r\nl5d-dtab: /svc=>/$/inet/%s/%s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", row.line, ip, port)
		answer, err := io.ReadAll(conn)
		conn.Close()
		if err != nil || !strings.HasPrefix(string(answer), fmt.Sprintf("HTTP/1.1 %d ", row.status)) || !strings.Contains(string(answer), row.body) {
			t.Errorf("%s: %.200q %v", row.line, answer, err)
		}
	}
}

// TestRebinding: the attack as a page sends it whose name was made to resolve to
// this machine, and what a server elsewhere answers.
func TestRebinding(t *testing.T) {
	for _, row := range []struct {
		name, addr, request string
		status              int
	}{
		{"shutdown by a rebound page", "127.0.0.1:9990", "POST /admin/shutdown HTTP/1.1\nHost: evil.example:9990\nOrigin: http://evil.example:9990\nSec-Fetch-Site: same-origin\nContent-Length: 0\n\n", 403},
		{"the same elsewhere", "0.0.0.0:9990", "POST /admin/shutdown HTTP/1.1\nHost: evil.example:9990\nOrigin: http://evil.example:9990\nSec-Fetch-Site: same-origin\nContent-Length: 0\n\n", 403},
		{"configuration", "127.0.0.1:9990", "GET /config.json HTTP/1.1\nHost: evil.example:9990\n\n", 403},
		{"configuration by a name that is trusted", "127.0.0.1:9990", "GET /config.json HTTP/1.1\nHost: ADMIN.example.:9990\n\n", 200},
		{"elsewhere", "0.0.0.0:9990", "GET /config.json HTTP/1.1\nHost: l5d.default.svc.cluster.local:9990\n\n", 200},
		{"where nobody says where it listens", "", "GET /config.json HTTP/1.1\nHost: evil.example\n\n", 403},
		{"delegator, posted to an address", "0.0.0.0:9990", "POST /delegator.json HTTP/1.1\nHost: 10.0.0.1:9990\nContent-Type: application/json\nContent-Length: 2\n\n{}", 400},
		{"delegator, posted to a name", "0.0.0.0:9990", "POST /delegator.json HTTP/1.1\nHost: l5d:9990\nContent-Type: application/json\nContent-Length: 2\n\n{}", 403},
		{"delegator, posted by another site", "0.0.0.0:9990", "POST /delegator.json HTTP/1.1\nHost: 10.0.0.1:9990\nOrigin: http://10.0.0.2\nContent-Type: application/json\nContent-Length: 2\n\n{}", 403},
	} {
		t.Run(row.name, func(t *testing.T) {
			config := allPages(t)
			config.Addr, config.Hosts = row.addr, []string{"admin.example"}
			if status, body := serve(t, config).raw(t, strings.ReplaceAll(row.request, "\n", "\r\n")); status != row.status {
				t.Errorf("%d %q, want %d", status, body, row.status)
			}
		})
	}
	if _, err := admin.New(admin.Config{Hosts: []string{"fine", "not:80"}}); err == nil || !strings.HasPrefix(err.Error(), "admin: Config.Hosts[1] ") {
		t.Errorf("a host with a port: %v", err)
	}
}
