package config_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/proxytest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// world is a service behind names in a directory: each of the files leads to
// it. It says by which replica set and with which residual it was reached.
type world struct {
	t    *testing.T
	port string
	dir  string
}

func startWorld(t *testing.T, files ...string) *world {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, r.Header.Get("L5d-Dst-Client"), " ", r.Header.Get("L5d-Dst-Residual"))
	}))
	t.Cleanup(s.Close)
	_, port, _ := strings.Cut(s.Listener.Addr().String(), ":")
	w := &world{t, port, t.TempDir()}
	for _, file := range files {
		w.write(file, "127.0.0.1 "+port)
	}
	return w
}

// write makes a file appear as a whole.
func (w *world) write(file, text string) {
	w.t.Helper()
	path := filepath.Join(w.dir, file)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	next := filepath.Join(w.t.TempDir(), "next")
	if err := os.WriteFile(next, []byte(text+"\n"), 0o644); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Rename(next, path); err != nil {
		w.t.Fatal(err)
	}
}

// start runs a configuration in which PORT is the service's port and DIR the
// directory.
func (w *world) start(yaml string) *proxytest.Mesh {
	w.t.Helper()
	return proxytest.Start(w.t, strings.NewReplacer("PORT", w.port, "DIR", w.dir).Replace(yaml))
}

// ask sends a request and returns the answer's status and body.
func (w *world) ask(mesh *proxytest.Mesh, url string) (status int, body string) {
	w.t.Helper()
	resp, err := mesh.Client("http").Get(strings.ReplaceAll(url, "PORT", w.port))
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(strings.ReplaceAll(string(text), w.port, "PORT"))
}

// TestUtilities sends a request through each name below /$/, in a dtab of
// Linkerd's documentation or examples where there is one.
func TestUtilities(t *testing.T) {
	const namers = "namers: [{kind: io.l5d.fs, rootDir: DIR}]\n"
	for _, row := range []struct {
		name, yaml string // of the router
		url, want  string
		noneURL    string // what the dtab does not lead anywhere
	}{
		{name: "domainToPathPfx (namer.md)", url: "http://foo.buoyant.io/", want: "/#/io.l5d.fs/io/buoyant/foo", noneURL: "http://foo.example.io/",
			yaml: "dtab: /s => /#/io.l5d.fs ; /svc => /$/io.buoyant.http.domainToPathPfx/s ;"},
		{name: "subdomainOfPfx (namer.md)", url: "http://web.service.consul:80/", want: "/#/io.l5d.fs/web", noneURL: "http://web.service.nomad/",
			yaml: "dtab: /consulSvc => /#/io.l5d.fs ; /host => /$/io.buoyant.http.subdomainOfPfx/service.consul/consulSvc ; /svc => /host ;"},
		{name: "hostportPfx (namer.md)", url: "http://127.0.0.1:PORT/", want: "/$/inet/127.0.0.1/PORT", noneURL: "http://127.0.0.1/",
			yaml: "dtab: /ip-hostport => /$/inet; /svc => /$/io.buoyant.hostportPfx/ip-hostport;"},
		{name: "porthostPfx (namer.md)", url: "http://web:8080/", want: "/#/io.l5d.fs/8080/web", noneURL: "http://web/",
			yaml: "dtab: /k8s-porthost => /#/io.l5d.fs; /svc => /$/io.buoyant.porthostPfx/k8s-porthost;"},
		{name: "rinet (proxy.yaml)", url: "http://localhost:PORT/", want: "/$/io.buoyant.rinet/PORT/localhost",
			yaml: "dtab: /ph => /$/io.buoyant.rinet ; /svc => /ph/80 ; /svc => /$/io.buoyant.porthostPfx/ph ;"},
		{name: "anyMethodPfx (serversets.yaml)", url: "http://web/", want: "/#/io.l5d.fs/web", noneURL: "http://nobody/",
			yaml: "identifier: {kind: io.l5d.methodAndHost}\n  dtab: /host => /#/io.l5d.fs; /svc/1.1 => /$/io.buoyant.http.anyMethodPfx/host;"},
		{name: "anyMethod", url: "http://web/", want: "/#/io.l5d.fs/web", noneURL: "http://nobody/",
			yaml: "identifier: {kind: io.l5d.methodAndHost}\n  dtab: /web => /#/io.l5d.fs/web; /svc/1.1 => /$/io.buoyant.http.anyMethod;"},
		{name: "anyHost", url: "http://any.host:80/web/page", want: "/#/io.l5d.fs/web /page", noneURL: "http://any.host/other",
			yaml: "identifier: {kind: io.l5d.methodAndHost, httpUriInDst: true}\n  dtab: /web => /#/io.l5d.fs/web; /svc/1.1/* => /$/io.buoyant.http.anyHost;"},
		{name: "anyHostPfx", url: "http://any.host/web", want: "/#/io.l5d.fs/web", noneURL: "http://any.host/other",
			yaml: "identifier: {kind: io.l5d.methodAndHost, httpUriInDst: true}\n  dtab: /paths => /#/io.l5d.fs; /svc/1.1/* => /$/io.buoyant.http.anyHostPfx/paths;"},
		{name: "subdomainOf", url: "http://web.example.com/", want: "/#/io.l5d.fs/web", noneURL: "http://web.example.org/",
			yaml: "dtab: /web => /#/io.l5d.fs/web; /svc => /$/io.buoyant.http.subdomainOf/example.com;"},
		{name: "domainToPath", url: "http://foo.buoyant.io/", want: "/#/io.l5d.fs/io/buoyant/foo", noneURL: "http://foo.buoyant.com/",
			yaml: "dtab: /io/buoyant => /#/io.l5d.fs/io/buoyant; /svc => /$/io.buoyant.http.domainToPath;"},
		{name: "fixedinet", url: "http://any/", want: "/$/fixedinet/localhost/PORT",
			yaml: "dtab: /svc/* => /$/fixedinet/localhost/PORT;"},
		{name: "an alternate behind one that does not fit", url: "http://web/", want: "/#/io.l5d.fs/web",
			yaml: "dtab: /svc => /$/io.buoyant.http.subdomainOf/example.com | /#/io.l5d.fs;"},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := startWorld(t, "web", "io/buoyant/foo", "8080/web")
			mesh := w.start(namers + "routers:\n- protocol: http\n  servers: [{port: 0}]\n  " + row.yaml + "\n")
			if status, body := w.ask(mesh, row.url); status != http.StatusOK || body != row.want {
				t.Errorf("%s: status %d, %q, want %q", row.url, status, body, row.want)
			}
			if row.noneURL == "" {
				return
			}
			if status, body := w.ask(mesh, row.noneURL); status != http.StatusBadGateway || !strings.HasPrefix(body, "Unable to route request!") {
				t.Errorf("%s: status %d, %q", row.noneURL, status, body)
			}
		})
	}
}

// TestRewrite is Linkerd's rewriting.yaml.
func TestRewrite(t *testing.T) {
	w := startWorld(t, "foo")
	mesh := w.start(`
namers:
- kind: io.l5d.fs
  rootDir: DIR
- kind: io.l5d.rewrite
  prefix: /apiToSrv
  pattern: "/{service}/api"
  name: "/srv/{service}"
routers:
- protocol: http
  identifier: {kind: io.l5d.path, segments: 2}
  dtab: |
    /srv => /#/io.l5d.fs ;
    /svc => /#/apiToSrv ;
  servers: [{port: 0}]
`)
	if status, body := w.ask(mesh, "http://any/foo/api/rest"); status != http.StatusOK || body != "/#/io.l5d.fs/foo" {
		t.Errorf("status %d, %q", status, body)
	}
	if status, _ := w.ask(mesh, "http://any/foo/ui"); status != http.StatusBadGateway {
		t.Errorf("what does not match: status %d", status)
	}
}

// TestStatusOnTheWire: a dtab answers for names that nobody serves. The answer
// is an ordinary one, and so are its spans.
func TestStatusOnTheWire(t *testing.T) {
	w := startWorld(t, "web")
	mesh := w.start(`
namers: [{kind: io.l5d.fs, rootDir: DIR}]
routers:
- protocol: http
  dtab: |
    /svc         => /$/io.buoyant.http.status/404 ;
    /svc         => /#/io.l5d.fs ;
    /svc/gone    => /$/io.buoyant.http.status/410 ;
    /svc/down    => /$/io.buoyant.http.status/503 ;
    /svc/nothing => /$/io.buoyant.http.status/204 ;
    /svc/odd     => /$/io.buoyant.http.status/100 ;
    /svc/bad     => /$/io.buoyant.http.status/abc | /$/fail ;
  servers: [{port: 0}]
`)
	for _, row := range []struct{ request, want string }{
		{"GET / HTTP/1.1\r\nHost: nobody\r\n\r\n",
			"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nVia: 1.1 linkerd\r\nl5d-success-class: 1.0\r\n\r\n"},
		{"POST /x HTTP/1.1\r\nHost: gone\r\nContent-Length: 4\r\n\r\nbody",
			"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nVia: 1.1 linkerd\r\nl5d-success-class: 1.0\r\n\r\n"},
		{"HEAD / HTTP/1.1\r\nHost: gone\r\n\r\n",
			"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\nVia: 1.1 linkerd\r\nl5d-success-class: 1.0\r\n\r\n"},
		{"GET / HTTP/1.1\r\nHost: down\r\n\r\n",
			"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nVia: 1.1 linkerd\r\nl5d-success-class: 0.0\r\n\r\n"},
		{"GET / HTTP/1.1\r\nHost: nothing\r\n\r\n",
			"HTTP/1.1 204 No Content\r\nVia: 1.1 linkerd\r\nl5d-success-class: 1.0\r\n\r\n"},
	} {
		if diff := cmp.Diff(row.want, exchange(t, mesh.URL("http"), row.request)); diff != "" {
			t.Errorf("%s: %s", row.request, diff)
		}
	}
	// A client that asks before it sends a body gets the response at once, and need not send it.
	asked := exchange(t, mesh.URL("http"), "PUT / HTTP/1.1\r\nHost: down\r\nExpect: 100-continue\r\nContent-Length: 4\r\nConnection: close\r\n\r\n")
	if want := "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\nVia: 1.1 linkerd\r\nl5d-success-class: 0.0\r\n\r\n"; asked != want {
		t.Errorf("an answer before the body: %q", asked)
	}
	if status, body := w.ask(mesh, "http://web/"); status != http.StatusOK || body != "/#/io.l5d.fs/web" {
		t.Errorf("a name that is served: status %d, %q", status, body)
	}
	if status, body := w.ask(mesh, "http://odd/"); status != http.StatusBadGateway ||
		body != "Unknown namer: io.buoyant.http.status for path: /$/io.buoyant.http.status/100 (want a status from 200 to 599: one below is not an answer)" {
		t.Errorf("a status that is no answer: status %d, %q", status, body)
	}
	if status, _ := w.ask(mesh, "http://bad/"); status != http.StatusBadGateway {
		t.Errorf("no status: status %d", status)
	}
	mesh.Wait(16)
	span := tracetest.Find(t, mesh.Spans.Records(), "$/io.buoyant.http.status/503", "GET /")
	if got := tracetest.Tags(span)["http.rsp.status"]; got != "503" || span.Peer.IsValid() {
		t.Errorf("the span has status %q and the peer %s", got, span.Peer)
	}
}

// exchange sends a request over a connection of its own and returns the
// answer's head, without its date and with its fields sorted, of responses without a body. Where the request leaves the
// connection open it is used once more, which shows where the answer ends.
func exchange(t *testing.T, url, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	last := !strings.Contains(request, "Connection: close")
	if last {
		request += "OPTIONS / HTTP/1.1\r\nHost: gone\r\nConnection: close\r\n\r\n"
	}
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	var fields []string // of a head
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		switch line := lines.Text(); {
		case strings.HasPrefix(line, "HTTP/"):
			text.WriteString(line + "\r\n")
		case line == "":
			slices.Sort(fields)
			text.WriteString(strings.Join(fields, "") + "\r\n")
			fields = nil
		case !strings.HasPrefix(line, "Date: "):
			fields = append(fields, line+"\r\n")
		}
	}
	const next = "HTTP/1.1 410 Gone\r\nConnection: close\r\nContent-Length: 0\r\nVia: 1.1 linkerd\r\nl5d-success-class: 1.0\r\n\r\n"
	answer, ok := strings.CutSuffix(text.String(), next)
	if last && !ok {
		t.Errorf("the next answer is not in %q", text.String())
	}
	return answer
}

// TestTransformersOnTheWire sends requests through transformers, in the order
// of the file, at an interpreter and at a namer.
func TestTransformersOnTheWire(t *testing.T) {
	for _, row := range []struct{ name, transformers, url, want string }{
		{"const", "{kind: io.l5d.const, path: /#/io.l5d.fs/canary}", "http://web/", "/%/io.l5d.const/#/io.l5d.fs/canary"},
		{"const of a missing name", "{kind: io.l5d.const, path: /#/io.l5d.fs/canary}", "http://nobody/", "/%/io.l5d.const/#/io.l5d.fs/canary"},
		{"const below /$", "{kind: io.l5d.const, path: /$/inet/127.1/PORT}", "http://web/", "/%/io.l5d.const/$/inet/127.1/PORT"},
		{"const with a prefix", "{kind: io.l5d.const, path: /$/inet/127.1/PORT, prefix: /mine}", "http://web/", "/%/mine/$/inet/127.1/PORT"},
		{"replace", "{kind: io.l5d.replace, path: /#/io.l5d.fs/canary}", "http://web/", "/%/io.l5d.replace/#/io.l5d.fs/canary"},
		{"replace of a missing name", "{kind: io.l5d.replace, path: /#/io.l5d.fs/canary}", "http://nobody/", "502"},
		{"specific host", "{kind: io.l5d.specificHost, host: 127.1}", "http://web/", "/%/io.l5d.specificHost/#/io.l5d.fs/web"},
		{"specific host by name", "{kind: io.l5d.specificHost, host: localhost}", "http://web/", "/%/io.l5d.specificHost/#/io.l5d.fs/web"},
		{"specific host elsewhere", "{kind: io.l5d.specificHost, host: 192.0.2.1}", "http://web/", "502"},
		{"stacked", "{kind: io.l5d.const, path: /#/io.l5d.fs/far}, {kind: io.l5d.port, port: PORT}, {kind: io.l5d.localhost}", "http://web/",
			"/%/io.l5d.localhost/%/io.l5d.port/PORT/%/io.l5d.const/#/io.l5d.fs/far"},
	} {
		for at, yaml := range map[string]string{
			"interpreter": `
namers: [{kind: io.l5d.fs, rootDir: DIR}]
routers:
- protocol: http
  dtab: /svc => /#/io.l5d.fs
  interpreter: {kind: default, transformers: [TRANSFORMERS]}
  servers: [{port: 0}]
`,
			"namer": `
namers:
- {kind: io.l5d.fs, rootDir: DIR}
- {kind: io.l5d.fs, rootDir: DIR, prefix: /changed, transformers: [TRANSFORMERS]}
routers:
- protocol: http
  dtab: /svc => /#/changed
  servers: [{port: 0}]
`,
		} {
			t.Run(row.name+" at the "+at, func(t *testing.T) {
				w := startWorld(t, "web", "canary")
				w.write("far", "127.0.0.1 1")
				mesh := w.start(strings.Replace(yaml, "TRANSFORMERS", row.transformers, 1))
				status, body := w.ask(mesh, row.url)
				if status != http.StatusOK {
					body = fmt.Sprint(status)
				}
				want := row.want
				if at == "namer" && !strings.Contains(row.transformers, "path:") {
					want = strings.Replace(want, "/#/io.l5d.fs", "/#/changed", 1)
				}
				if body != want {
					t.Errorf("got %s, want %s", body, want)
				}
			})
		}
	}
}

// TestConstFollows: what a transformer's path is bound to may come, move and go.
func TestConstFollows(t *testing.T) {
	w := startWorld(t, "web")
	mesh := w.start(`
namers: [{kind: io.l5d.fs, rootDir: DIR}]
routers:
- protocol: http
  dtab: /svc => /#/io.l5d.fs
  interpreter: {kind: default, transformers: [{kind: io.l5d.const, path: /#/io.l5d.fs/way}]}
  servers: [{port: 0}]
`)
	second := startWorld(t)
	becomes := func(want string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		for {
			status, body := w.ask(mesh, "http://web/")
			switch {
			case status == http.StatusOK && body == want, status != http.StatusOK && fmt.Sprint(status) == want:
				return
			case ctx.Err() != nil:
				t.Fatalf("status %d, %q, want %q", status, body, want)
			}
		}
	}
	becomes("502")
	w.write("way", "127.0.0.1 "+w.port)
	becomes("/%/io.l5d.const/#/io.l5d.fs/way")
	w.write("way", "127.0.0.1 1")
	becomes("502")
	w.write("way", "127.0.0.1 "+second.port)
	becomes("/%/io.l5d.const/#/io.l5d.fs/way")
	if err := os.Remove(filepath.Join(w.dir, "way")); err != nil {
		t.Fatal(err)
	}
	becomes("502")
}

// TestLocalNode: where io.l5d.k8s.localnode is, the environment says.
func TestLocalNode(t *testing.T) {
	const in = "routers:\n- protocol: http\n  interpreter:\n    kind: default\n    transformers:\n    - kind: io.l5d.k8s.localnode\n"
	const out = "  dtab: /svc => /$/inet/10.1.2.9/80\n  servers:\n  - port: 0\n"
	for _, row := range []struct{ name, keys, pod, node, id, want string }{
		{"vector 222: by subnet", "", "10.1.2.1", "", "/%/io.l5d.k8s.localnode/10.1.2.1/$/inet/10.1.2.9/80", ""},
		{"two families, of which the second is IPv4", "", "fd00::1,10.1.2.1", "node-1", "/%/io.l5d.k8s.localnode/fd00::1/$/inet/10.1.2.9/80", ""},
		{"by subnet", "", "10.1.2.3", "", "/%/io.l5d.k8s.localnode/10.1.2.3/$/inet/10.1.2.9/80", ""},
		{"IPv6 without the node", "", "fd00::1", "", "", "f:6:7: routers[0].interpreter.transformers[0]: POD_IP is fd00::1, but the IPv6 pods of this node can be found only by its name: NODE_NAME env variable must be set to the node's name"},
		{"another subnet", "", "10.1.3.3", "", "", ""},
		{"by node", "      hostNetwork: true\n", "", "node-1", "", ""},
		{"nowhere", "", "", "node-1", "", "f:6:7: routers[0].interpreter.transformers[0]: POD_IP env variable must be set to the pod's IP"},
		{"no node", "      hostNetwork: true\n", "10.1.2.3", "", "", "f:6:7: routers[0].interpreter.transformers[0]: NODE_NAME env variable must be set to the node's name"},
		{"no IP", "", "node-1", "", "", `f:6:7: routers[0].interpreter.transformers[0]: POD_IP in the environment is "node-1", which is not an IP address`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Setenv("POD_IP", "")
			t.Setenv("POD_IPS", row.pod)
			if !strings.Contains(row.pod, ",") {
				t.Setenv("POD_IP", row.pod)
				t.Setenv("POD_IPS", "")
			}
			t.Setenv("NODE_NAME", row.node)
			file, err := config.Load("f", []byte(in+row.keys+out), config.Builtin())
			if err != nil {
				t.Fatal(err)
			}
			mesh, err := file.Build(config.BuildOptions{})
			if row.want != "" {
				if err == nil || err.Error() != row.want {
					t.Fatalf("got %v, want %s", err, row.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer mesh.Close(t.Context())
			e := mesh.Routers[0].View().ExplainName(t.Context(), resolve.MustPath("/svc/web"), nil)
			if row.id == "" {
				if e.Err == nil {
					t.Errorf("it goes to %v", e.Targets)
				}
				return
			}
			if len(e.Targets) != 1 || e.Targets[0].Bound.String() != row.id {
				t.Errorf("targets %v, %v", e.Targets, e.Err)
			}
		})
	}
}
