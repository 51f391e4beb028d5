package app

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/k8stest"
)

// TestRunShowsKubernetes: the program's metrics tell of the API server that a
// request had it ask.
func TestRunShowsKubernetes(t *testing.T) {
	var api k8stest.Server
	api.Bind("default", "hello", "http", "127.0.0.1:1")
	server := httptest.NewServer(&api)
	defer server.Close()
	defer api.End("")
	at, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	ports := freePorts(t, 2)
	p := start(t, "run", write(t, fmt.Sprintf(`
admin: {port: %d}
namers: [{kind: io.l5d.k8s, port: %s}]
routers:
- protocol: http
  dtab: /svc => /#/io.l5d.k8s/default/http
  servers: [{port: %d}]
`, ports[0], at.Port(), ports[1])))
	defer p.stop()
	get(t, p.addr("router http"), "http://hello/", nil)
	want := fmt.Sprintf("\nmeshhop_k8s_watches_connected{resource=\"endpointslices\",server=\"localhost:%s\"} 1\n", at.Port())
	waitForSlow(t, want, func() bool {
		_, page := get(t, "", "http://"+p.addr("admin")+"/metrics", nil)
		return strings.Contains(page, want)
	})
}
