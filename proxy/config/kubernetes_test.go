package config_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
)

// TestKubernetesKeys: how a part reaches the API server.
func TestKubernetesKeys(t *testing.T) {
	for _, row := range []struct {
		vector, keys string
		want         []string // errors of Load
		build        string   // the error of Build
	}{
		{"143", "kind: io.l5d.k8s", nil, ""},
		{"144", "kind: io.l5d.k8s, host: k8s-master.site.biz, port: 80, labelSelector: version", nil, ""},
		{"", "kind: io.l5d.k8s, host: '[::1]', labelSelector: example.org/version", nil, ""},
		{"145", "kind: io.l5d.k8s.external", []string{`2:3: namers[0].experimental: must be true for io.l5d.k8s.external, as in Linkerd`}, ""},
		{"145", "experimental: true, kind: io.l5d.k8s.external, prefix: /ext", nil, ""},
		{"146", "kind: io.l5d.k8s.ns", nil, "2:3: namers[0]: the environment has no POD_NAMESPACE, from which io.l5d.k8s.ns has its namespace; in the pod's manifest: " +
			"env: [{name: POD_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}]"},
		{"146", "kind: io.l5d.k8s.ns, envVar: MY_NAMESPACE", nil, "2:3: namers[0]: the environment has no MY_NAMESPACE, from which io.l5d.k8s.ns has its namespace; in the pod's manifest: " +
			"env: [{name: MY_NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}]"},
		{"146", "kind: io.l5d.k8s.ns, envVar: NAMESPACE_OF_TEST", nil, ""},
		{"209", "kind: io.l5d.k8s, inCluster: true", nil, "2:3: namers[0]: k8s: inCluster: the environment has no KUBERNETES_SERVICE_HOST, which it has in every pod"},
		{"", "kind: io.l5d.k8s, url: 'https://10.0.0.1:6443'", nil, ""},
		{"", "kind: io.l5d.k8s, url: 'ftp://x'", nil, `2:3: namers[0]: k8s: url: "ftp://x" is not like https://host:6443`},
		{"", "kind: io.l5d.k8s, url: 'http://x', tokenFile: t", nil, `2:3: namers[0]: k8s: url: a token needs https`},
		{"", "kind: io.l5d.k8s, url: 'https://x', caFile: /nowhere", nil, "2:3: namers[0]: k8s: caFile: open /nowhere: no such file or directory"},
		{"", "kind: io.l5d.k8s, inCluster: true, host: localhost, port: 1", []string{
			`2:33: namers[0].inCluster: host is for a kubectl proxy: only one of host and inCluster can be set`,
			`2:33: namers[0].inCluster: port is for a kubectl proxy: only one of port and inCluster can be set`}, ""},
		{"", "kind: io.l5d.k8s, inCluster: true, url: x", []string{`2:44: namers[0].url: only one of inCluster and url can be set`}, ""},
		{"", "kind: io.l5d.k8s, caFile: x", []string{`2:30: namers[0].caFile: is for inCluster or url: a kubectl proxy has no TLS and takes no token`}, ""},
		{"", "kind: io.l5d.k8s, url: 'https://x', certFile: x", []string{`2:3: namers[0]: certFile and keyFile must be set together`}, ""},
		{"", "kind: io.l5d.k8s, host: 'a:1', labelSelector: 'a b', envVar: X", []string{
			`2:28: namers[0].host: must be a host name or an IP address alone, not "a:1"`,
			`2:50: namers[0].labelSelector: must be the key of a label, such as version, not "a b"`,
			`2:57: namers[0].envVar: unknown key; known here: caFile, certFile, experimental, host, inCluster, keyFile, kind, labelSelector, port, prefix, tokenFile, transformers, url`}, ""},
	} {
		t.Run(row.keys, func(t *testing.T) {
			t.Setenv("NAMESPACE_OF_TEST", "default")
			t.Setenv("KUBERNETES_SERVICE_HOST", "")
			file, err := config.Load("f", []byte("namers:\n- {"+row.keys+"}\n"+valid), config.Builtin())
			if diff := cmp.Diff(row.want, lines(err)); diff != "" {
				t.Fatalf("errors (-want +got):\n%s", diff)
			}
			if err != nil {
				return
			}
			mesh, err := file.Build(config.BuildOptions{})
			if got := strings.Join(lines(err), "\n"); got != row.build {
				t.Fatalf("building says\n%s, not\n%s", got, row.build)
			}
			if err == nil {
				if err := mesh.Close(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestKubernetesTogether: the namers of a file with the same access share watches,
// and a request gets to a pod.
func TestKubernetesTogether(t *testing.T) {
	pod := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("hello")) }))
	defer pod.Close()
	var api k8stest.Server
	api.Bind("default", "hello", "http", strings.TrimPrefix(pod.URL, "http://"))
	t.Setenv("POD_NAMESPACE", "default")
	file, err := config.Load("f", []byte(`
namers:
- kind: io.l5d.k8s
- {kind: io.l5d.k8s, prefix: /again}
- kind: io.l5d.k8s.ns
routers:
- protocol: http
  dtab: /svc/a => /#/io.l5d.k8s/default/http/hello; /svc/b => /#/again/default/http/hello; /svc/c => /#/io.l5d.k8s.ns/http/hello;
  servers: [{port: 0}]
`), config.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	mesh, err := file.Build(config.BuildOptions{Kubernetes: &api})
	if err != nil {
		t.Fatal(err)
	}
	for _, host := range []string{"a", "b", "c"} {
		w := httptest.NewRecorder()
		mesh.Servers[0].Handler.ServeHTTP(w, httptest.NewRequest("GET", "http://"+host+"/", nil))
		if w.Body.String() != "hello" {
			t.Errorf("%s: %d %q", host, w.Code, w.Body)
		}
	}
	for start := time.Now(); api.Watches("") == 0 && time.Since(start) < 30*time.Second; {
		time.Sleep(time.Millisecond)
	}
	if asked := api.Requests(); len(asked) != 2 {
		t.Errorf("of one Service the API is asked %q", asked)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := mesh.Close(ctx); err != nil {
		t.Error(err)
	}
	for start := time.Now(); api.Watches("") > 0; time.Sleep(time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Fatalf("%d watches are left", api.Watches(""))
		}
	}
	if _, err := mesh.Namers[0].Namer.Lookup(resolve.MustPath("/default/http/x")).Wait(t.Context()); err == nil {
		t.Error("the namer works after the mesh is closed")
	}
}

// TestKubernetesTrouble: the answer to a request says what the API server last
// said, and how old the answer is that it goes by (191, 204).
func TestKubernetesTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var api k8stest.Server
		api.Bind("default", "nobody", "other", "10.0.0.1:80")
		file, err := config.Load("f", []byte("namers: [{kind: io.l5d.k8s}]\nrouters:\n- protocol: http\n  dtab: /svc => /#/io.l5d.k8s/default/http\n  servers: [{port: 0}]\n"), config.Builtin())
		if err != nil {
			t.Fatal(err)
		}
		mesh, err := file.Build(config.BuildOptions{Kubernetes: &api})
		if err != nil {
			t.Fatal(err)
		}
		defer mesh.Close(t.Context())
		say := func(host string) (int, string, time.Duration) {
			begun, w := time.Now(), httptest.NewRecorder()
			mesh.Servers[0].Handler.ServeHTTP(w, httptest.NewRequest("GET", "http://"+host+"/", nil))
			return w.Code, w.Body.String(), time.Since(begun)
		}
		const source = "endpointslices of default/nobody, 1 address, "
		_, _, _ = say("nobody")
		time.Sleep(time.Minute) // the hop keeps what it said for a moment
		if code, body, _ := say("nobody"); code != 502 || !strings.Contains(body, source+"read 1m0s ago and watched since, through localhost:8001") {
			t.Errorf("%d %s", code, body)
		}
		api.Fail("", "", k8stest.Status(500, "InternalError", "etcd is away"))
		api.Cut("")
		time.Sleep(4 * time.Minute)
		if code, body, _ := say("nobody"); code != 502 || !strings.Contains(body, source+"4m0s old: 500 etcd is away, from localhost:8001") {
			t.Errorf("%d %s", code, body)
		}
		code, body, took := say("never")
		if want := "Exceeded 10.seconds binding timeout while resolving name: /svc/never (500 etcd is away)"; code != 502 || !strings.Contains(body, want) || took != 10*time.Second {
			t.Errorf("after %s %d %s, not %s", took, code, body, want)
		}
	})
}
