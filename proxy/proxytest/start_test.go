package proxytest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/proxytest"
	"github.com/meshhop/meshhop/trace/tracetest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// startHello starts a service that says which name it was asked by, and
// returns its port.
func startHello(t testing.TB) string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s at %s", r.Header.Get(wire.DstServiceName), r.URL.Path)
	}))
	t.Cleanup(s.Close)
	_, port, _ := strings.Cut(s.Listener.Addr().String(), ":")
	return port
}

func get(t testing.TB, c *http.Client, url string) (status int, body string) {
	t.Helper()
	resp, err := c.Get(url)
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

func TestStart(t *testing.T) {
	port := startHello(t)
	mesh := proxytest.Start(t, `
routers:
- protocol: http
  dtab: /svc => /$/inet/127.0.0.1/`+port+`
  servers: [{port: 0}, {port: 0, ip: 0.0.0.0}]
- protocol: http
  label: other
  dtab: /svc => /$/nil
  servers: [{port: 0}]
`)
	status, body := get(t, mesh.Client("http"), "http://hello/there")
	if status != http.StatusOK || body != "/svc/hello at /there" {
		t.Errorf("status %d, body %q", status, body)
	}
	if records := mesh.Wait(2); len(records) != 2 {
		t.Errorf("%d spans", len(records))
	}
	tracetest.Find(t, mesh.Spans.Records(), "127.0.0.1/0", "http /svc/hello")
	if status, _ := get(t, mesh.Client("other"), "http://hello/"); status != http.StatusBadGateway {
		t.Errorf("a router without names responds with %d", status)
	}
	urls := mesh.URLs("http")
	if len(urls) != 2 || urls[0] == urls[1] || urls[0] != mesh.URL("http") {
		t.Fatalf("the servers of http are %q", urls)
	}
	for _, url := range append(urls, mesh.URL("other")) {
		if !strings.HasPrefix(url, "http://127.0.0.1:") || strings.HasSuffix(url, ":0") {
			t.Errorf("a server is at %s", url)
		}
	}
	if _, body := get(t, mesh.Client("http"), mesh.AdminURL+"/svc"); !strings.HasPrefix(body, "/svc/127.0.0.1:") {
		t.Errorf("a client that went past the proxy: %q", body)
	}
	if urls := mesh.URLs("none"); urls != nil {
		t.Errorf("no router: %q", urls)
	}
}

// TestListeners: two routers, the first of which sends all to the second.
func TestListeners(t *testing.T) {
	port := startHello(t)
	in, out := proxytest.Listen(t), proxytest.Listen(t)
	mesh := proxytest.Options{On: []*proxytest.Listener{in, out}}.Start(t, fmt.Sprintf(`
routers:
- protocol: http
  label: outgoing
  dtab: /svc => /$/inet/127.0.0.1/%d
  servers: [{port: %d}]
- protocol: http
  label: incoming
  dtab: /svc => /$/inet/127.0.0.1/%s
  servers: [{port: %d}]
`, in.Port, out.Port, port, in.Port))
	if got, want := mesh.URL("incoming"), fmt.Sprintf("http://127.0.0.1:%d", in.Port); got != want {
		t.Errorf("incoming is at %s, not %s", got, want)
	}
	if _, body := get(t, mesh.Client("outgoing"), "http://hello/"); body != "/svc/hello at /" {
		t.Errorf("body %q", body)
	}
	tracetest.AssertTree(t, mesh.Wait(4), fmt.Sprintf(`
		server 127.0.0.1/%[2]d "outgoing /svc/hello"
		  client $/inet/127.0.0.1/%[1]d "GET /"
		    server 127.0.0.1/%[1]d "incoming /svc/hello"
		      client $/inet/127.0.0.1/%[3]s "GET /"
	`, in.Port, out.Port, port))
}

func TestAdmin(t *testing.T) {
	mesh := proxytest.Start(t, `
usage: {enabled: false}
routers: [{protocol: http, servers: [{port: 0}]}]
telemetry:
- {kind: io.l5d.prometheus, path: /prom}
- {kind: io.l5d.zipkin, host: 127.0.0.1, port: 1, sampleRate: 1}
`)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	if _, body := get(t, client, mesh.AdminURL+"/config.json"); strings.Contains(body, "recorder") || !strings.Contains(body, "/prom") {
		t.Errorf("the configuration is shown as %s", body)
	}
	if status, body := get(t, client, mesh.AdminURL+"/prom"); status != http.StatusOK || !strings.Contains(body, `rt="http"`) {
		t.Errorf("metrics: status %d: %s", status, body)
	}
	if len(mesh.Notices) == 0 || mesh.Notices[0].Position.Line != 2 {
		t.Errorf("the notices are %v", mesh.Notices)
	}
	// Its other telemeter cannot deliver, which is nobody's failure here.
	get(t, mesh.Client("http"), "http://nobody/")
	mesh.Wait(1)
}

// TestOptions: kinds of the test's own, and what parts are built with.
func TestOptions(t *testing.T) {
	var log strings.Builder
	t.Run("run", func(t *testing.T) {
		port := startHello(t)
		kinds := config.Builtin()
		kinds.Utilities["there"] = kinds.Utilities["inet"]
		mesh := proxytest.Options{Kinds: kinds, Build: config.BuildOptions{TraceLog: &log}}.Start(t, `
routers:
- protocol: http
  dtab: /svc => /$/there/127.0.0.1/`+port+`
  servers: [{port: 0}]
telemetry: [{kind: io.l5d.tracelog}]
`)
		if _, body := get(t, mesh.Client("http"), "http://hello/"); body != "/svc/hello at /" {
			t.Errorf("body %q", body)
		}
		mesh.Wait(2)
	})
	if !strings.Contains(log.String(), "http /svc/hello") {
		t.Errorf("the trace log is %q", log.String())
	}
}

// failing is a test that is expected to fail.
type failing struct {
	testing.TB
	text string
}

func (f *failing) Fatalf(format string, args ...any) {
	f.text = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

func (f *failing) Fatal(args ...any) { f.Fatalf("%s", fmt.Sprint(args...)) }

func TestFailures(t *testing.T) {
	const good = "routers: [{protocol: http, servers: [{port: 0}]}]"
	for _, row := range []struct {
		name, want string
		do         func(testing.TB)
	}{
		{"what is wrong with the YAML", "proxytest:\nyaml:2:11: routers[0].servers: is required\nyaml:2:35: routers[0].label: must not be empty\n", func(t testing.TB) {
			proxytest.Start(t, "\nrouters: [{protocol: http, label: '', serves: x}]")
		}},
		{"no such router", `proxytest: no server of a router "x"`, func(t testing.TB) {
			proxytest.Start(t, good).URL("x")
		}},
		{"a socket for nobody", "proxytest: no server is configured for port ", func(t testing.TB) {
			proxytest.Options{On: []*proxytest.Listener{proxytest.Listen(t)}}.Start(t, good)
		}},
		{"a port that is taken", "proxytest: listen tcp 127.0.0.1:", func(t testing.TB) {
			taken := proxytest.Listen(t)
			proxytest.Start(t, fmt.Sprintf("routers: [{protocol: http, servers: [{port: %d}]}]", taken.Port))
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			f := &failing{TB: t}
			done := make(chan struct{})
			go func() {
				defer close(done)
				row.do(f)
			}()
			<-done
			if !strings.HasPrefix(f.text, row.want) {
				t.Errorf("it failed with %q, want %q", f.text, row.want)
			}
		})
	}
}
