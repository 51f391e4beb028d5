package admin_test

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// whole is a configuration with every page.
func whole(t testing.TB) admin.Config {
	c := everything(t)
	c.Servers = []admin.Server{{Handler: newServer(t, c.Routers[0], "127.0.0.1/4140")}}
	c.Tracing, c.LogLevel = new(trace.Switch), new(slog.LevelVar)
	c.Reload = func() (r admin.Reloads) { return r }
	c.Lint = func() []admin.Finding {
		return []admin.Finding{{Where: "f:1:2", Kind: "shadowed", Text: "<one>"}, {Where: "f:2:2", Kind: "shadowed", Text: "two"}, {Text: "a notice"}}
	}
	return c
}

const (
	asText = "text/plain;charset=UTF-8"
	asHTML = "text/html;charset=UTF-8"
	asJSON = "application/json;charset=UTF-8"
)

// TestEndpoints goes through Linkerd's endpoints, in the order of its handlers: what the
// admin server answers, by whom it can be hidden, and that HEAD is GET without a body.
func TestEndpoints(t *testing.T) {
	const (
		ui          = "ui"
		control     = "control"
		diagnostics = "diagnostics"
	)
	var ended sync.WaitGroup
	for _, row := range []struct {
		method, path string
		accept       string
		status       int
		contentType  string
		allow        string // of the method that is not allowed
		body         string // an expression
		category     string
	}{
		{method: "GET", path: "/admin", status: 200, contentType: asText, body: `^/\n/admin\n`, category: diagnostics},
		{method: "GET", path: "/admin/index.txt", status: 200, contentType: asText, body: `\n/metrics\n`, category: diagnostics},
		{method: "PUT", path: "/admin", status: 405, allow: "GET, HEAD", category: diagnostics},
		{method: "GET", path: "/admin/ping", status: 200, contentType: asText, body: `^pong$`, category: diagnostics},
		{method: "BREW", path: "/admin/ping", status: 200, contentType: asText, body: `^pong$`, category: diagnostics},
		{method: "GET", path: "/admin/shutdown", status: 405, allow: "POST", category: control},
		{method: "PUT", path: "/admin/shutdown", status: 405, allow: "POST", category: control},
		{method: "POST", path: "/admin/shutdown?grace=x", status: 400, contentType: asText, body: `^could not parse 'grace' parameter: x is not a valid duration$`, category: control},
		{method: "POST", path: "/admin/shutdown?grace=5.seconds", status: 200, contentType: asText, body: `^quitting\n$`, category: control},
		{method: "GET", path: "/admin/metrics.json", status: 200, contentType: asJSON, body: `^\{"jvm/`, category: ui},
		{method: "GET", path: "/admin/metrics.json?pretty=true&tree=1", status: 200, contentType: asJSON, body: `^\{\n  "jvm": \{\n`, category: ui},
		{method: "GET", path: "/admin/metrics.json?q=a/b", status: 404, contentType: asJSON, body: `^\{"error": "No such subtree: a/b"\}$`, category: ui},
		{method: "POST", path: "/admin/metrics.json", status: 405, allow: "GET, HEAD", category: ui},
		{method: "GET", path: "/admin/metrics/prometheus", status: 200, contentType: "text/plain; version=0.0.4; charset=utf-8; escaping=underscores", body: `\nrt:server:requests\{`, category: diagnostics},
		{method: "GET", path: "/admin/metrics/usage", status: 404, body: `^Not found`, contentType: "text/plain; charset=utf-8", category: diagnostics},
		{method: "GET", path: "/config.json", status: 200, contentType: asJSON, body: `^\{"routers":\[\]\}$`, category: ui},
		{method: "GET", path: "/delegator.json?namespace=outgoing&path=/svc/web&dtab=", status: 200, contentType: "application/json", body: `"path":"/svc/web"`, category: ui},
		{method: "GET", path: "/delegator.json?namespace=outgoing", status: 400, contentType: asText, body: `^Invalid path: `, category: ui},
		{method: "POST", path: "/delegator.json", status: 415, contentType: asText, category: ui},
		{method: "PUT", path: "/delegator.json", status: 405, allow: "GET, HEAD, POST", category: ui},
		{method: "GET", path: "/bound-names.json", status: 200, contentType: asJSON, body: `^\[""\]$`, category: diagnostics},
		{method: "GET", path: "/client_state.json", status: 200, contentType: asJSON, body: `^\{\}$`, category: diagnostics},
		{method: "GET", path: "/namer_state/fake.json", status: 200, contentType: asJSON, body: `^\{"a":1\}$`, category: diagnostics},
		{method: "GET", path: "/outgoing/interpreter_state/fake.json", status: 200, contentType: asJSON, body: `^\{"b":2\}$`, category: diagnostics},
		{method: "GET", path: "/logging.json", status: 200, contentType: asJSON, body: `^\[\{"logger":"root","level":"INFO"\}\]\n$`, category: control},
		{method: "POST", path: "/logging.json?logger=root&level=debug", status: 200, body: `^$`, category: control},
		{method: "POST", path: "/logging.json?logger=nope&level=debug", status: 404, contentType: asText, body: `nope`, category: control},
		{method: "POST", path: "/logging.json?logger=root&level=x", status: 400, contentType: asText, body: `there is no level x`, category: control},
		{method: "POST", path: "/logging.json?level=debug", status: 400, contentType: asText, body: `must be given`, category: control},
		{method: "DELETE", path: "/logging.json", status: 405, allow: "GET, HEAD, POST", category: control},
		{method: "GET", path: "/requests", status: 200, contentType: "text/html; charset=utf-8", body: `<!`, category: ui},
		{method: "GET", path: "/admin/tracing", status: 200, contentType: asText, body: `^enabled`, category: control},
		{method: "GET", path: "/admin/tracing?disable=true", status: 200, contentType: asText, body: `^enabled`, category: control},
		{method: "POST", path: "/admin/tracing?disable=true", status: 200, contentType: asText, body: `^Disabling Finagle tracing$`, category: control},
		{method: "POST", path: "/admin/tracing?enable=true", status: 200, contentType: asText, body: `^Enabled Finagle tracing$`, category: control},
		{method: "POST", path: "/admin/tracing?enable=1", status: 400, contentType: asText, body: `^Could not figure out what you wanted to do with tracing\. `, category: control},
		{method: "DELETE", path: "/admin/tracing", status: 405, allow: "GET, HEAD, POST", category: control},
		{method: "GET", path: "/admin/server_info", status: 200, contentType: asJSON, body: `^\{"name":"meshhop","version":"unknown","build":".*"uptime":\d+\}$`, category: diagnostics},
		{method: "GET", path: "/admin/server_info", accept: "text/html", status: 200, contentType: asHTML, body: `<pre>\{\n  &#34;name&#34;`, category: diagnostics},
		{method: "GET", path: "/admin/registry.json", status: 200, contentType: asJSON, body: `^\{"registry":\{"build":\{.*"router":\{"outgoing":\{"client":\{\},"dtab":"/svc=\\u003e/#/fake"`, category: diagnostics},
		{method: "GET", path: "/admin/registry.json?filter=router/*/dtab", status: 200, contentType: asJSON, body: `^\{"registry":\{"router":\{"outgoing":\{"dtab":"[^"]*"\}\}\}\}$`, category: diagnostics},
		{method: "GET", path: "/admin/registry.json?filter=registry/config", status: 200, contentType: asJSON, body: `^\{"registry":\{"config":\{"routers":\[\]\}\}\}$`, category: diagnostics},
		{method: "GET", path: "/admin/registry.json?filter=nothing/there", status: 200, contentType: asJSON, body: `^\{"registry":\{\}\}$`, category: diagnostics},
		{method: "POST", path: "/admin/registry.json", status: 405, allow: "GET, HEAD", category: diagnostics},
		{method: "GET", path: "/admin/lint.json", status: 200, contentType: asJSON, category: diagnostics,
			body: `^\{"lint_results":\{"metadata":\{"num_rules_run":13,"num_rules_ok":11,"num_rules_failed":2,"num_issues_found":3\},"failed_rules":\[\{"category":"Dtab","id":"shadowed","name":"shadowed","description":"[^"]+","issues":\["f:1:2: \\u003cone\\u003e","f:2:2: two"\]\},\{"category":"Configuration","id":"notice","name":"notice","description":"[^"]+","issues":\["a notice"\]\}\],"ok_rules":\["loop",.*\]\}\}$`},
		{method: "GET", path: "/admin/lint", status: 200, contentType: asText, body: `^rules: 13, failed: 2, issues: 3\n\nshadowed: .*\n  f:1:2: <one>\n`, category: diagnostics},
		{method: "GET", path: "/admin/lint", accept: "text/html", status: 200, contentType: asHTML, body: `f:1:2: &lt;one&gt;`, category: diagnostics},
		{method: "GET", path: "/admin/threads", status: 200, contentType: asText, body: `^goroutine \d+ \[running\]:\n`, category: diagnostics},
		{method: "GET", path: "/admin/threads.json", status: 200, contentType: asJSON, body: `^\{"threads":\{"\d+":\{"thread":"goroutine \d+","daemon":false,"state":"[^"]+","priority":0,"stack":\["`, category: diagnostics},
		{method: "GET", path: "/admin/contention", status: 200, contentType: asText, body: `(?s)^Blocked:\n.*\nLock Owners:\n`, category: diagnostics},
		{method: "GET", path: "/admin/contention", accept: "text/html,*/*", status: 200, contentType: asHTML, body: `(?s)<pre>Blocked:\n`, category: diagnostics},
		{method: "GET", path: "/admin/announcer", status: 200, contentType: asText, body: `^There are none`, category: diagnostics},
		{method: "POST", path: "/admin/announcer", status: 405, allow: "GET, HEAD", category: diagnostics},
		{method: "GET", path: "/admin/pprof/heap?force_gc=true", status: 200, contentType: "application/octet-stream", body: `^\x1f`, category: diagnostics},
		{method: "GET", path: "/admin/pprof/contention", status: 200, contentType: "application/octet-stream", body: `^\x1f`, category: diagnostics},
		{method: "GET", path: "/admin/pprof/profile?seconds=x", status: 400, contentType: asText, body: `seconds must be`, category: diagnostics},
		{method: "GET", path: "/debug/pprof/", status: 200, contentType: asText, body: `^allocs\n`, category: diagnostics},
		{method: "GET", path: "/files/style.css", status: 200, contentType: "text/css; charset=utf-8", body: `\{`, category: ui},
		{method: "GET", path: "/admin/files/style.css", status: 200, contentType: "text/css; charset=utf-8", body: `\{`, category: ui},
	} {
		name := row.method + " " + row.path + " " + row.accept
		t.Run(name, func(t *testing.T) {
			ask := func(security admin.Security, method string, header ...string) answer {
				c := whole(t)
				c.Security = security
				ended.Add(1)
				var once sync.Once
				c.Shutdown = func(time.Duration) { once.Do(ended.Done) }
				s := serve(t, c)
				got := s.do(t, method, row.path, "", header...)
				if method != "POST" || !strings.HasPrefix(row.path, "/admin/shutdown") || got.status != 200 {
					once.Do(ended.Done)
				}
				return got
			}
			var header []string
			if row.accept != "" {
				header = []string{"Accept", row.accept}
			}
			got := ask(admin.Security{}, row.method, header...)
			if got.status != row.status || got.header.Get("Content-Type") != row.contentType || got.header.Get("Allow") != row.allow {
				t.Errorf("status %d, Content-Type %q, Allow %q", got.status, got.header.Get("Content-Type"), got.header.Get("Allow"))
			}
			if body := row.body; !regexp.MustCompile(body).MatchString(got.body) || body == "" && got.body != "" {
				t.Errorf("body %.500q, want %s", got.body, body)
			}
			if row.method == "GET" {
				if head := ask(admin.Security{}, "HEAD", header...); head.status != row.status || head.body != "" {
					t.Errorf("HEAD: status %d, body %q", head.status, head.body)
				}
			}
			// A request through a proxy gets none of these pages but those that are safe.
			via := ask(admin.Security{}, row.method, append(header, "Via", "1.1 x")...)
			if open := strings.HasPrefix(row.path, "/admin/ping") || strings.HasPrefix(row.path, "/admin/metrics"); open == (via.status == 403) {
				t.Errorf("through a proxy: status %d", via.status)
			}
			if row.method == "POST" {
				if evil := ask(admin.Security{}, "POST", append(header, "Origin", "http://evil.example")...); evil.status != 403 {
					t.Errorf("from another site: status %d", evil.status)
				}
			}
			for _, one := range []struct {
				category string
				security admin.Security
			}{{ui, admin.Security{HideUI: true}}, {control, admin.Security{HideControl: true}}, {diagnostics, admin.Security{HideDiagnostics: true}}} {
				hidden := ask(one.security, row.method, header...)
				if (one.category == row.category) != (hidden.status == 404 && hidden.body == "") && row.status != 404 {
					t.Errorf("without %s: status %d", one.category, hidden.status)
				}
			}
		})
	}
	ended.Wait()
}

// TestTracing: the page switches what the process records.
func TestTracing(t *testing.T) {
	recording := new(trace.Switch)
	s := serve(t, admin.Config{Tracing: recording})
	if got := series(s.scrape(t, "/metrics"))["meshhop_tracing_enabled{}"]; got != 1 {
		t.Errorf("metrics say %v", got)
	}
	if s.do(t, "POST", "/admin/tracing?disable=true", ""); recording.On() {
		t.Error("it is on")
	}
	if got := series(s.scrape(t, "/metrics"))["meshhop_tracing_enabled{}"]; got != 0 {
		t.Errorf("metrics say %v", got)
	}
	if got := s.get(t, "/admin/tracing").body; !strings.HasPrefix(got, "disabled") {
		t.Errorf("it says %q", got)
	}
	if s.get(t, "/admin/tracing?enable=true"); recording.On() {
		t.Error("a GET has turned it on")
	}
	if s.do(t, "POST", "/admin/tracing?enable=true", ""); !recording.On() {
		t.Error("it is off")
	}
}

// TestContention: who waits for a lock is shown, who waits for anything else is not.
func TestContention(t *testing.T) {
	var mu sync.Mutex
	var done sync.WaitGroup
	mu.Lock()
	done.Go(func() { waitForLock(&mu) })
	s := serve(t, admin.Config{})
	for !strings.Contains(s.get(t, "/admin/contention").body, "admin_test.waitForLock") {
		time.Sleep(time.Millisecond) // until it waits
	}
	if got := s.get(t, "/admin/contention").body; strings.Contains(got, "[chan receive") || strings.Contains(got, "[IO wait") {
		t.Errorf("got %s", got)
	}
	mu.Unlock()
	done.Wait()
}

func waitForLock(mu *sync.Mutex) { mu.Lock(); defer mu.Unlock() }

// TestIdentifier: the second server says how each router identifies a request (vector 315).
func TestIdentifier(t *testing.T) {
	r := newRouter(t, "http", new(resolvetest.Namer))
	other := routerOf(t, router.Config{Label: "in", Prefix: resolve.MustPath("/in"), Interpreter: r.Interpreter()})
	a, err := admin.New(admin.Config{Routers: []*router.Router{r, other}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Retire(nil)
	s := httptest.NewServer(a.Identifier())
	defer s.Close()
	for _, row := range []struct {
		name, method, path, host string
		via                      bool
		status                   int
		want                     string
	}{
		{name: "vector 315: a name", method: "GET", path: "/", host: "web", status: 200, want: `{"http":{"path":"/svc/web","dtab":"/svc=>/#/fake"},"in":{"path":"/in/web"}}`},
		{name: "any request", method: "DELETE", path: "/a/b?c", host: "evil.example:80", status: 200, want: `{"http":{"path":"/svc/evil.example:80","dtab":"/svc=>/#/fake"},"in":{"path":"/in/evil.example:80"}}`},
		{name: "through a proxy", method: "GET", path: "/", host: "web", via: true, status: 403},
	} {
		t.Run(row.name, func(t *testing.T) {
			in, err := http.NewRequest(row.method, s.URL+row.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			in.Host = row.host
			if row.via {
				in.Header.Set("Via", "1.1 x")
			}
			resp, err := s.Client().Do(in)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != row.status || row.want != "" && !sameJSON(t, string(body), row.want) {
				t.Errorf("%d %s, want %d %s", resp.StatusCode, body, row.status, row.want)
			}
		})
	}
	t.Run("vector 315: no Host", func(t *testing.T) {
		w := httptest.NewRecorder()
		in := httptest.NewRequest("GET", "/", nil)
		in.Host = ""
		a.Identifier().ServeHTTP(w, in)
		if got := w.Body.String(); !sameJSON(t, got, `{"http":{"error":"Host header is absent"},"in":{"error":"Host header is absent"}}`) {
			t.Errorf("got %s", got)
		}
	})
}

func sameJSON(t testing.TB, a, b string) bool {
	t.Helper()
	var x, y any
	if err := json.Unmarshal([]byte(a), &x); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(b), &y); err != nil {
		t.Fatal(err)
	}
	xs, _ := json.Marshal(x)
	ys, _ := json.Marshal(y)
	return bytes.Equal(xs, ys)
}
