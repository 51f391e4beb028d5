package admin_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

func everything(t testing.TB) admin.Config {
	r := newRouter(t, "outgoing", new(resolvetest.Namer))
	return admin.Config{
		Routers:    []*router.Router{r},
		Namers:     []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: listed{state: map[string]int{"a": 1}}}},
		Effective:  func() []byte { return []byte(`{"routers":[]}`) },
		Docs:       http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("keys")) }),
		Shutdown:   func(time.Duration) {},
		Prometheus: map[string]string{"/admin/metrics/prometheus": ""},
		States:     map[string]func() any{"/outgoing/interpreter_state/fake.json": listed{state: map[string]int{"b": 2}}.State},
	}
}

func TestPages(t *testing.T) {
	s := serve(t, everything(t))
	index := strings.Join([]string{
		"/",
		"/admin",
		"/admin/announcer",
		"/admin/contention",
		"/admin/files/icon.svg", "/admin/files/live.js",
		"/admin/files/style.css",
		"/admin/index.txt",
		"/admin/metrics.json",
		"/admin/metrics/prometheus",
		"/admin/ping",
		"/admin/pprof/contention",
		"/admin/pprof/heap",
		"/admin/pprof/profile",
		"/admin/ready",
		"/admin/registry.json",
		"/admin/server_info",
		"/admin/shutdown",
		"/admin/threads",
		"/admin/threads.json",
		"/bound-names.json",
		"/client",
		"/client_state.json",
		"/config",
		"/config.json",
		"/debug/pprof/",
		"/debug/pprof/allocs",
		"/debug/pprof/block",
		"/debug/pprof/goroutine",
		"/debug/pprof/heap",
		"/debug/pprof/mutex",
		"/debug/pprof/profile",
		"/debug/pprof/threadcreate",
		"/debug/pprof/trace",
		"/delegator",
		"/delegator.json",
		"/docs",
		"/events",
		"/explain",
		"/explain.json",
		"/favicon.ico", "/files/icon.svg", "/files/live.js",
		"/files/style.css",
		"/health",
		"/metrics",
		"/namer_state/fake.json",
		"/names",
		"/outgoing/interpreter_state/fake.json",
		"/requests",
		"/router",
		"/service",
		"/services",
		"",
	}, "\n")
	const plain = "text/plain;charset=UTF-8"
	for _, row := range []struct {
		method, path       string
		status             int
		contentType, allow string
		body               string
		anyBody            bool
	}{
		{method: "GET", path: "/admin/ping", status: 200, contentType: plain, body: "pong"},
		{method: "POST", path: "/admin/ping", status: 200, contentType: plain, body: "pong"},
		{method: "BREW", path: "/admin/ping", status: 200, contentType: plain, body: "pong"},
		{method: "HEAD", path: "/admin/ping", status: 200, contentType: plain},
		{method: "GET", path: "/", status: 200, contentType: plain, body: index},
		{method: "GET", path: "/admin", status: 200, contentType: plain, body: index},
		{method: "GET", path: "/admin/index.txt", status: 200, contentType: plain, body: index},
		{method: "GET", path: "/admin?x=y", status: 200, contentType: plain, body: index},
		{method: "HEAD", path: "/admin", status: 200, contentType: plain},
		{method: "POST", path: "/admin", status: 405, allow: "GET, HEAD"},
		{method: "GET", path: "/config.json", status: 200, contentType: "application/json;charset=UTF-8", body: `{"routers":[]}`},
		{method: "GET", path: "/docs", status: 200, contentType: "text/plain; charset=utf-8", body: "keys"},
		{method: "POST", path: "/docs", status: 405, allow: "GET, HEAD"},
		{method: "HEAD", path: "/config.json", status: 200, contentType: "application/json;charset=UTF-8"},
		{method: "PUT", path: "/config.json", status: 405, allow: "GET, HEAD"},
		{method: "GET", path: "/bound-names.json", status: 200, contentType: "application/json;charset=UTF-8", body: `[""]`},
		{method: "POST", path: "/bound-names.json", status: 405, allow: "GET, HEAD"},
		{method: "GET", path: "/namer_state/fake.json", status: 200, contentType: "application/json;charset=UTF-8", body: `{"a":1}`},
		{method: "HEAD", path: "/namer_state/fake.json", status: 200, contentType: "application/json;charset=UTF-8"},
		{method: "POST", path: "/namer_state/fake.json", status: 405, allow: "GET, HEAD"},
		{method: "GET", path: "/outgoing/interpreter_state/fake.json", status: 200, contentType: "application/json;charset=UTF-8", body: `{"b":2}`},
		{method: "POST", path: "/outgoing/interpreter_state/fake.json", status: 405, allow: "GET, HEAD"},
		{method: "GET", path: "/namer_state/other.json", status: 404, contentType: "text/plain; charset=utf-8", anyBody: true},
		{method: "DELETE", path: "/metrics", status: 405, allow: "GET, HEAD"},
		{method: "GET", path: "/metrics", status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8; escaping=underscores", anyBody: true},
		{method: "HEAD", path: "/metrics", status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"},
		{method: "PUT", path: "/delegator.json", status: 405, allow: "GET, HEAD, POST"},
		{method: "PUT", path: "/explain", status: 405, allow: "GET, HEAD, POST"},
		{method: "DELETE", path: "/explain.json", status: 405, allow: "GET, HEAD, POST"},
		{method: "GET", path: "/admin/shutdown", status: 405, allow: "POST"},
		{method: "HEAD", path: "/admin/shutdown", status: 405, allow: "POST"},
		{method: "GET", path: "/admin/", status: 404, contentType: "text/plain; charset=utf-8", anyBody: true},
		{method: "GET", path: "/admin/nothing", status: 404, contentType: "text/plain; charset=utf-8", anyBody: true},
		{method: "GET", path: "//admin/../metrics", status: 404, contentType: "text/plain; charset=utf-8", anyBody: true},
	} {
		t.Run(row.method+" "+row.path, func(t *testing.T) {
			got := s.do(t, row.method, row.path, "")
			if got.status != row.status {
				t.Errorf("status %d, want %d", got.status, row.status)
			}
			if contentType := got.header.Get("Content-Type"); contentType != row.contentType {
				t.Errorf("Content-Type %q, want %q", contentType, row.contentType)
			}
			if allow := got.header.Get("Allow"); allow != row.allow {
				t.Errorf("Allow %q, want %q", allow, row.allow)
			}
			if got.body != row.body && !row.anyBody {
				t.Errorf("body %q, want %q", got.body, row.body)
			}
		})
	}
}

// TestAbsent is about what was not configured: it is not there.
func TestAbsent(t *testing.T) {
	s := serve(t, admin.Config{})
	got := slices.DeleteFunc(strings.Fields(s.get(t, "/admin").body), func(path string) bool { return strings.Contains(path, "/pprof/") })
	if want := []string{"/", "/admin", "/admin/announcer", "/admin/contention", "/admin/files/icon.svg", "/admin/files/live.js", "/admin/files/style.css", "/admin/index.txt", "/admin/metrics.json", "/admin/ping", "/admin/ready", "/admin/registry.json", "/admin/server_info", "/admin/threads", "/admin/threads.json", "/client", "/events", "/favicon.ico", "/files/icon.svg", "/files/live.js", "/files/style.css", "/health", "/metrics", "/requests", "/router", "/service", "/services"}; !slices.Equal(got, want) {
		t.Errorf("the list is %q, want %q", got, want)
	}
	for _, path := range []string{"/config.json", "/config", "/delegator", "/names", "/delegator.json", "/explain", "/explain.json", "/bound-names.json", "/admin/metrics/prometheus", "/admin/tracing", "/admin/lint", "/admin/lint.json", "/admin/metrics/usage"} {
		if got := s.get(t, path); got.status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, got.status)
		}
	}
	if got := s.do(t, "POST", "/admin/shutdown", ""); got.status != http.StatusNotFound {
		t.Errorf("/admin/shutdown: status %d", got.status)
	}
}

func TestConfigErrors(t *testing.T) {
	names := new(resolvetest.Namer)
	r, twin := newRouter(t, "r", names), newRouter(t, "r", names)
	broken := newRouter(t, "\xff", names)
	for _, row := range []struct {
		name   string
		config admin.Config
		want   string
	}{
		{"negative grace", admin.Config{ShutdownGrace: -1}, "admin: Config.ShutdownGrace is negative"},
		{"version", admin.Config{Version: "\xff"}, "admin: Config.Version is not UTF-8 text"},
		{"nil router", admin.Config{Routers: []*router.Router{r, nil}}, "admin: Config.Routers[1] is nil"},
		{"labels", admin.Config{Routers: []*router.Router{r, twin}}, `admin: Config.Routers[1] has a label that is taken: "r"`},
		{"bytes", admin.Config{Routers: []*router.Router{broken}}, `admin: Config.Routers[0] has a name that is not UTF-8 text: "\xff"`},
		{"no namer", admin.Config{Namers: []resolve.Mount{{}}}, "admin: Config.Namers[0] has no Namer"},
		{"no handler", admin.Config{Servers: []admin.Server{{Name: "x"}}}, "admin: Config.Servers[0] has no Handler"},
		{"server bytes", admin.Config{Servers: []admin.Server{{Name: "\xfe", Handler: newServer(t, r, "s")}}}, `admin: Config.Servers[0] has a name that is not UTF-8 text: "r\xfe"`},
		{"no stats", admin.Config{Spans: map[string]func() trace.PipelineStats{"x": nil}}, `admin: Config.Spans["x"] is nil`},
		{"span bytes", admin.Config{Spans: map[string]func() trace.PipelineStats{"\xfe": spans{}.Stats}}, `admin: Config.Spans["\xfe"] has a name that is not UTF-8 text`},
		{"no stats of Kubernetes", admin.Config{Kubernetes: map[string]func() []resolve.WatchStats{"x": nil}}, `admin: Config.Kubernetes["x"] is nil`},
		{"Kubernetes bytes", admin.Config{Kubernetes: map[string]func() []resolve.WatchStats{"\xfe": func() []resolve.WatchStats { return nil }}}, `admin: Config.Kubernetes["\xfe"] has a name that is not UTF-8 text`},
		{"page", admin.Config{Prometheus: map[string]string{"x": ""}}, `admin: Config.Prometheus["x"] has a path that does not begin with /`},
		{"page of ours", admin.Config{Prometheus: map[string]string{"/metrics": ""}}, `admin: Config.Prometheus["/metrics"] has a path that is taken`},
		{"the index", admin.Config{Prometheus: map[string]string{"/admin": ""}}, `admin: Config.Prometheus["/admin"] has a path that is taken`},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := admin.New(row.config)
			if err == nil || err.Error() != row.want {
				t.Errorf("error %v, want %s", err, row.want)
			}
		})
	}
}

// TestEffectiveIsAskedEachTime: the configuration may change.
func TestEffectiveIsAskedEachTime(t *testing.T) {
	n := 0
	s := serve(t, admin.Config{Effective: func() []byte { n++; return []byte(strings.Repeat("1", n)) }})
	if first, second := s.get(t, "/config.json").body, s.get(t, "/config.json").body; first != "1" || second != "11" {
		t.Errorf("got %q and %q", first, second)
	}
}
