package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// buildOver loads and builds a file over a scripted API server.
func buildOver(t *testing.T, api *k8stest.Server, text string, o config.BuildOptions) *config.Mesh {
	t.Helper()
	file, err := config.Load("f", []byte(text), config.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	o.Kubernetes = api
	mesh, err := file.Build(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mesh.Close(within(t, 30*time.Second)); err != nil {
			t.Error(err)
		}
	})
	return mesh
}

// states are the pages of a mesh, by their paths.
func states(t *testing.T, mesh *config.Mesh) map[string]string {
	t.Helper()
	all := map[string]string{}
	for path, state := range mesh.States {
		text, err := json.Marshal(state())
		if err != nil {
			t.Error(err)
		}
		all[path] = string(text)
	}
	return all
}

// eventually is for what another goroutine does.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for start := time.Now(); !is(); time.Sleep(time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatalf("never: %s", what)
		}
	}
}

// TestDaemonSetKeys: the keys of io.l5d.k8s.daemonset.
func TestDaemonSetKeys(t *testing.T) {
	for _, row := range []struct {
		vector, keys string
		want         []string
	}{
		{"147", "namespace: default, service: l5d", []string{"6:7: routers[0].interpreter.transformers[0].port: is required"}},
		{"147", "namespace: default, port: incoming", []string{"6:7: routers[0].interpreter.transformers[0].service: is required"}},
		{"147", "service: l5d, port: incoming", []string{"6:7: routers[0].interpreter.transformers[0].namespace: is required"}},
		{"148", "namespace: default, service: l5d, port: 4141", nil},
		{"", "namespace: default, service: l5d, port: '4141', k8sHost: 10.0.0.1, k8sPort: 80, hostNetwork: true", nil},
		{"", "namespace: default, service: l5d, port: x, url: 'https://10.0.0.1'", nil},
		{"", "namespace: default, service: l5d, port: x, inCluster: true, k8sHost: a", []string{
			"6:90: routers[0].interpreter.transformers[0].inCluster: k8sHost is for a kubectl proxy: only one of k8sHost and inCluster can be set"}},
		{"", "namespace: '', service: l5d, port: x", []string{"6:47: routers[0].interpreter.transformers[0].namespace: must not be empty"}},
		{"", "namespace: default, service: 'a/../b', port: x", []string{"6:7: routers[0].interpreter.transformers[0]: k8s: namespace \"default\", port \"x\" and name \"a/../b\" are not valid for a Service"}},
	} {
		const head = "routers:\n- protocol: http\n  interpreter:\n    kind: default\n    transformers:\n    - {kind: io.l5d.k8s.daemonset, "
		file, err := config.Load("f", []byte(head+row.keys+"}\n  servers: [{port: 0}]\n"), config.Builtin())
		if err == nil {
			var mesh *config.Mesh
			if mesh, err = file.Build(config.BuildOptions{}); err == nil {
				if err := mesh.Close(within(t, 30*time.Second)); err != nil {
					t.Error(err)
				}
			}
		}
		if diff := cmp.Diff(row.want, lines(err)); diff != "" {
			t.Errorf("vector %s: %s (-want +got):\n%s", row.vector, row.keys, diff)
		}
	}
}

// TestDaemonSetRoutes: vector 221, what a request through the article's two
// transformers is bound to, in an interpreter and in a namer.
func TestDaemonSetRoutes(t *testing.T) {
	var api k8stest.Server
	api.Bind("default", "l5d", "incoming", "10.1.1.1:4141@node1", "10.1.2.1:4141@node2")
	api.Bind("default", "hello", "http", "10.1.1.9:7777@node1", "10.1.2.9:7777@node2")
	const keys = "{kind: io.l5d.k8s.daemonset, namespace: default, port: incoming, service: l5d}"
	mesh := buildOver(t, &api, `
namers:
- kind: io.l5d.k8s
- {kind: io.l5d.k8s, prefix: /through, transformers: [`+keys+`]}
routers:
- protocol: http
  label: outgoing
  dtab: /svc => /#/io.l5d.k8s/default/http; /via => /#/through/default/http;
  interpreter: {kind: default, transformers: [`+keys+`]}
  servers: [{port: 0}]
- protocol: http
  label: plain
  dtab: /svc => /#/through/default/http;
  servers: [{port: 0}]
`, config.BuildOptions{})
	const mark = "/%/io.l5d.k8s.daemonset/default/incoming/l5d"
	for i, want := range []string{mark + "/#/io.l5d.k8s/default/http/hello", mark + "/#/through/default/http/hello"} {
		e := mesh.Routers[i].View().ExplainName(t.Context(), resolve.MustPath("/svc/hello"), nil)
		if e.Err != nil || len(e.Targets) != 1 || e.Targets[0].Bound.String() != want {
			t.Fatalf("targets %v, %v; want %s", e.Targets, e.Err, want)
		}
		var at []string
		for _, a := range e.Targets[0].Replicas.Value.Addresses {
			at = append(at, a.String())
		}
		if got := strings.Join(at, " "); got != "10.1.1.1:4141 10.1.2.1:4141" {
			t.Errorf("addresses %s", got)
		}
	}
	if _, ok := states(t, mesh)["/transformer_state/io.l5d.k8s.daemonset/default/incoming/l5d.json"]; !ok {
		t.Errorf("pages %v", states(t, mesh))
	}
}

// TestConfigMapInterpreter: vector 223 through a router, what a request gets, the
// router's own dtab under the ConfigMap's, and the page.
func TestConfigMapInterpreter(t *testing.T) {
	var api k8stest.Server
	var logged safeBuffer
	mesh := buildOver(t, &api, `
routers:
- protocol: http
  label: out
  dtab: /own => /$/io.buoyant.http.status/204; /svc/base => /own;
  interpreter: {kind: io.l5d.k8s.configMap, experimental: true, name: dtabs, filename: l5d.dtab}
  servers: [{port: 0}]
`, config.BuildOptions{ErrorLog: slog.New(slog.NewTextHandler(&logged, nil))})
	status := func(host string) int {
		w := httptest.NewRecorder()
		mesh.Servers[0].Handler.ServeHTTP(w, httptest.NewRequest("GET", "http://"+host+"/", nil))
		return w.Code
	}
	becomes := func(host string, want int) {
		t.Helper()
		eventually(t, host+" is answered in that way", func() bool { return status(host) == want })
	}
	dtab := func(text string) {
		api.Apply(map[string]any{"kind": "ConfigMap", "apiVersion": "v1", "metadata": map[string]any{"name": "dtabs"}, "data": map[string]any{"l5d.dtab": text}})
	}
	becomes("web", 502)
	becomes("base", 204)
	dtab("/svc/web => /$/io.buoyant.http.status/201; /svc/base => /$/io.buoyant.http.status/202")
	becomes("web", 201)
	becomes("base", 204) // the router's own entries win, as in Linkerd (ConfiguredDtabNamer.scala)
	dtab("svc")
	eventually(t, "it is logged", func() bool {
		return strings.Contains(logged.String(), "k8s ConfigMap dtabs error reading dtab 'l5d.dtab'")
	})
	becomes("web", 201)
	api.Apply(map[string]any{"kind": "ConfigMap", "apiVersion": "v1", "metadata": map[string]any{"name": "dtabs"}})
	becomes("web", 502)
	dtab("/svc/web => /$/io.buoyant.http.status/203")
	becomes("web", 203)
	page := states(t, mesh)["/out/interpreter_state/io.l5d.k8s.configmap.json"]
	if want := `"value":"/svc/web=\u003e/$/io.buoyant.http.status/203"`; !strings.Contains(page, want) || !strings.Contains(page, `"watch":{`) {
		t.Errorf("the page is %s, without %s", page, want)
	}
	api.Delete("ConfigMap", "default", "dtabs")
	becomes("web", 502)
}

// TestConfigMapKeys: the keys of io.l5d.k8s.configMap.
func TestConfigMapKeys(t *testing.T) {
	for keys, want := range map[string][]string{
		"experimental: true, name: n, filename: f, namespace: x, host: h, port: 1": nil,
		"name: n, filename: f":                      {"3:16: routers[0].interpreter.experimental: must be true for io.l5d.k8s.configMap, as in Linkerd"},
		"experimental: true":                        {"3:16: routers[0].interpreter.name: is required", "3:16: routers[0].interpreter.filename: is required"},
		"experimental: true, name: '', filename: f": {"3:71: routers[0].interpreter.name: must not be empty"},
	} {
		_, err := config.Load("f", []byte("routers:\n- protocol: http\n  interpreter: {kind: io.l5d.k8s.configMap, "+keys+"}\n  servers: [{port: 0}]\n"), config.Builtin())
		if diff := cmp.Diff(want, lines(err)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", keys, diff)
		}
	}
}

// TestIngressFile: vectors 225 and 226, the Ingresses of a real cluster, by either
// version's path.
func TestIngressFile(t *testing.T) {
	data, err := os.ReadFile("../../../shared/kube-bed/fixtures/ingress-v1beta1.json")
	if err != nil {
		t.Skipf("NOT TESTED: the objects of a real cluster: %v", err)
	}
	for _, old := range []bool{false, true} {
		var api k8stest.Server
		api.Apply(string(data))
		if old {
			api.Fail("", "/apis/networking.k8s.io/", k8stest.Status(http.StatusNotFound, "NotFound", "the server could not find the requested resource"))
		}
		mesh := buildOver(t, &api, "routers:\n- {protocol: http, label: in, identifier: {kind: io.l5d.ingress}, servers: [{port: 0}]}\n", config.BuildOptions{})
		for _, row := range []struct{ vector, host, path, want string }{
			{"225", "foo.bar", "/exact", "/svc/ns1/80/s-exact"},
			{"225", "foo.bar:8080", "/exact", "/svc/ns1/80/s-exact"},
			{"225", "foo.bar", "/pre/x/y", "/svc/ns1/web/s-pre"},
			{"225", "foo.bar", "/exact/x", "/svc/ns1/http/fallback"},
			{"225", "foo.bar", "/pre", "/svc/ns1/http/fallback"},
			{"225", "any.host", "/zzz", "/svc/ns1/80/s-any"},
			{"225", "other", "/nohost", "/svc/ns1/80/s-nohost"},
			{"225", "noclass", "/q", "/svc/ns1/http/fallback"},
			{"226", "foo.bar", "/grp/a", "/svc/ns1/80/s-grp"},
			{"226", "x.wild", "/", "/svc/ns1/80/s-wild"},
			{"226", "Foo.Bar", "/exact", "/svc/ns1/80/s-exact"},
			{"226", "nginx.only", "/", "/svc/ns1/http/fallback"},
			{"226", "a:b:c", "/", ""},
		} {
			r := httptest.NewRequest("GET", row.path, nil)
			r.Host = row.host
			e := mesh.Routers[0].View().Explain(r)
			if row.vector == "225" && row.host == "noclass" {
				row.want = "/svc/default/80/s-noclass"
			}
			if row.want == "" {
				var failed *router.Error
				if !errors.As(e.Err, &failed) || failed.Kind != router.Unidentified {
					t.Errorf("vector %s: %s is %s, %v", row.vector, row.host, e.Dst, e.Err)
				}
			} else if e.Dst.String() != row.want {
				t.Errorf("vector %s: %s%s is %s, %v; want %s", row.vector, row.host, row.path, e.Dst, e.Err, row.want)
			}
		}
		page := states(t, mesh)["/identifier_state/in/io.l5d.ingress.json"]
		for _, want := range []string{`{"ingress":"ns1/a","host":"foo.bar","path":"/exact","pathType":"ImplementationSpecific","name":"/ns1/80/s-exact"}`, `"default":"/ns1/http/fallback"`, `"resource":"ingresses"`} {
			if !strings.Contains(page, want) {
				t.Errorf("the page is %s, without %s", page, want)
			}
		}
	}
}

// TestIngressBeforeTheFirstAnswer: a request waits for the Ingresses, and says why
// when there are none in time; a rule that is passed over is logged once.
func TestIngressBeforeTheFirstAnswer(t *testing.T) {
	var api k8stest.Server
	end := api.Fail("", "", k8stest.Status(403, "Forbidden", "ingresses.networking.k8s.io is forbidden"))
	var logged safeBuffer
	mesh := buildOver(t, &api, "routers:\n- {protocol: http, identifier: {kind: io.l5d.ingress, namespace: shop}, servers: [{port: 0}]}\n",
		config.BuildOptions{ErrorLog: slog.New(slog.NewTextHandler(&logged, nil))})
	r := httptest.NewRequest("GET", "http://h/a", nil).WithContext(within(t, 200*time.Millisecond))
	eventually(t, "it was refused", func() bool { return len(api.Requests()) > 0 })
	if e := mesh.Routers[0].View().Explain(r); e.Err == nil || !strings.Contains(e.Err.Error(), "the Ingresses are not known yet") || !strings.Contains(e.Err.Error(), "is forbidden") {
		t.Errorf("before the first answer: %v", e.Err)
	}
	api.Apply(`{"kind":"Ingress","metadata":{"name":"i","namespace":"shop"},"spec":{"rules":[{"host":"h","http":{"paths":[` +
		`{"path":"/[","pathType":"ImplementationSpecific","backend":{"service":{"name":"bad","port":{"number":1}}}},{"path":"/a","pathType":"Prefix","backend":{"service":{"name":"web","port":{"number":80}}}}]}}]}}`)
	end()
	waiting := httptest.NewRequest("GET", "http://h/a", nil).WithContext(within(t, 60*time.Second))
	eventually(t, "it is known", func() bool { return mesh.Routers[0].View().Explain(waiting).Dst.String() == "/svc/shop/80/web" })
	api.Apply(`{"kind":"Ingress","metadata":{"name":"j","namespace":"shop"},"spec":{}}`)
	eventually(t, "the second one is seen", func() bool {
		return strings.Contains(states(t, mesh)["/identifier_state/http/io.l5d.ingress.json"], `"skipped":["ingress shop/i, host \"h\", path \"/[\"`)
	})
	if n := strings.Count(logged.String(), "a rule of an Ingress is skipped"); n != 1 {
		t.Errorf("logged %d times: %s", n, logged.String())
	}
}

// safeBuffer is a buffer for a log.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}
