package routetest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/meshhop/meshhop/proxy/routetest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

const linkerdYAML = `
namers:
- kind: io.l5d.fs
  rootDir: /etc/linkerd/disco
telemetry:
- kind: io.l5d.zipkin
  host: zipkin
routers:
- protocol: http
  dtab: |
    /srv        => /#/io.l5d.fs ;
    /host       => /srv ;
    /svc        => /host ;
    /host/world => /srv/world-v1 ;
  servers:
  - port: 4140
`

// A configuration as it is, with a fake for its namer.
func ExampleParse() {
	test := func(t testing.TB) {
		routes := routetest.Parse(t, linkerdYAML) // or Load(t, "linkerd.yaml")
		disco := routes.Namer("/#/io.l5d.fs")
		disco.Bind("/world-v1", "a:1")
		disco.Bind("/world-v2", "b:1")
		for _, row := range []routetest.Row{
			{Request: "GET http://world/", Name: "/svc/world", Bound: "/#/io.l5d.fs/world-v1", Endpoints: "a:1"},
			{Request: "GET http://world/", Dtab: "/host/world => 9 * /srv/world-v1 & 1 * /srv/world-v2", Endpoints: "90 % a:1, 10 % b:1"},
			{Request: "GET http://moon/", Bound: "~", Endpoints: "nobody"},
		} {
			routes.Check(t, row) // a *testing.T takes them all: routes.Run(t, rows)
		}
		disco.Remove("/world-v2") // rolled back: what comes next sees it
		routes.Check(t, routetest.Row{Request: "GET http://world/", Dtab: "/host/world => /srv/world-v2", Endpoints: "a:1"})
		fmt.Println("all as wanted")
	}
	printing(test)
	// Output: all as wanted
}

// A router that a program configures.
func ExampleOf() {
	test := func(t testing.TB) {
		var shop resolvetest.Namer
		shop.Bind("/web", "web-1:80", "web-2:80")
		names, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/shop"), Namer: &shop}}})
		if err != nil {
			t.Fatalf("%v", err)
		}
		routes := routetest.Of(t, router.Config{
			Dtab:        resolve.MustDtab("/svc => /#/shop"),
			Identifier:  router.PathSegments(1, true),
			Interpreter: names,
		})
		routes.Check(t, routetest.Row{Request: "GET /web/cart", Name: "/svc/web", Endpoints: "web-1:80, web-2:80"})
		routes.Check(t, routetest.Row{Request: "GET /", Err: "not enough segments in path"})

		route := routes.Ask("", httptest.NewRequest(http.MethodGet, "/web", nil))
		fmt.Println(route.Name, route.Endpoints)
	}
	printing(test)
	// Output: /svc/web [{web-1:80 0.5} {web-2:80 0.5}]
}

func ExampleLoad() {
	test := func(t *testing.T) {
		routes := routetest.Load(t, "linkerd.yaml")
		routes.Namer("/#/io.l5d.fs").Stall("/")
		routes.Run(t, []routetest.Row{
			{Request: "GET http://world/", Err: "no answer yet"},
		})
	}
	_ = test // an example has no *testing.T
}

// A file of production that asks a namerd: the test says what is there.
func ExampleConfig() {
	printing(func(t testing.TB) {
		namespace := routetest.Config{Namerd: "/svc => /#/io.l5d.consul/dc1", NamerdNamers: []string{"/#/io.l5d.consul"}}
		routes := namespace.Parse(t, `
routers:
- protocol: http
  interpreter: {kind: io.l5d.namerd, dst: /$/inet/namerd/4100, namespace: web}
  servers: [{port: 4140}]
`)
		routes.Namer("/#/io.l5d.consul").Bind("/dc1/web", "a:80")
		routes.Check(t, routetest.Row{Request: "GET http://web/", Endpoints: "a:80"})
		fmt.Println("ok")
	})
	// Output: ok
}
