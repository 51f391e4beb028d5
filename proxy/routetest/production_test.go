package routetest_test

import (
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/routetest"
)

// TestProduction: files whose namers, telemeters and interpreters are not here
// load, as fakes stand in their place.
func TestProduction(t *testing.T) {
	const top = `
telemetry:
- {kind: io.zipkin.kafka, bootstrapServers: "kafka:9092", topic: zipkin}
- {kind: io.l5d.statsd, experimental: true, prefix: x, hostname: statsd}
namers:
- {kind: io.l5d.consul, host: consul, port: 8500, includeTag: true, healthStatuses: [passing], token: secret}
- {kind: io.l5d.k8s, host: localhost, port: 8001, labelSelector: version, transformers: [{kind: io.l5d.k8s.daemonset, namespace: x, port: incoming, service: l5d}]}
- {kind: io.l5d.marathon, prefix: /m, useHealthCheck: true}
- {kind: io.l5d.serversets, zkAddrs: [{host: zk, port: 2181}]}
- {kind: io.l5d.fs, rootDir: /is/not/there}
routers:
- protocol: http
  servers: [{port: 0}]
`
	t.Run("namers", func(t *testing.T) {
		routes := routetest.Parse(t, top+`
  dtab: |
    /k8s => /#/io.l5d.k8s/default/http;
    /svc => /#/io.l5d.consul/dc1 | /k8s | /#/m | /#/io.l5d.fs;
`)
		routes.Namer("/#/io.l5d.consul").Bind("/dc1/web", "a:1")
		routes.Namer("/#/io.l5d.k8s").Bind("/default/http/api", "b:1")
		routes.Namer("/#/m").Bind("/app", "c:1")
		routes.Namer("/#/io.l5d.fs").Bind("/file", "d:1")
		routes.Namer("/#/io.l5d.serversets")
		routes.Run(t, []routetest.Row{
			{Request: "http://web/", Bound: "/#/io.l5d.consul/dc1/web", Endpoints: "a:1"},
			{Request: "http://api/", Bound: "/#/io.l5d.k8s/default/http/api", Endpoints: "b:1"},
			{Request: "http://app/", Endpoints: "c:1"},
			{Request: "http://file/", Endpoints: "d:1"},
			{Request: "http://nobody/", Bound: "~"},
		})
	})
	for _, kind := range []string{
		"io.l5d.namerd, dst: /$/inet/namerd/4100, namespace: web, retry: {baseSeconds: 1, maxSeconds: 2}",
		"io.l5d.namerd.http, dst: /$/inet/namerd/4180, namespace: web",
		"io.l5d.mesh, dst: /$/inet/namerd/4321, root: /web, transformers: [{kind: io.l5d.k8s.daemonset, namespace: a, port: b, service: c, hostNetwork: true}]",
		"io.l5d.k8s.configMap, experimental: true, name: dtabs, filename: web",
		"io.l5d.consul.interpreter, namespace: web",
	} {
		t.Run("interpreter "+kind, func(t *testing.T) {
			text := top + "  dtab: /svc/own => /#/io.l5d.consul/dc1/own\n  interpreter: {kind: " + kind + "}\n"
			routes := routetest.Config{Namerd: "/svc => /#/etcd", NamerdNamers: []string{"/#/etcd"}}.Parse(t, text)
			routes.Namer("/#/etcd").Bind("/web", "a:1")
			routes.Namer("/#/io.l5d.consul").Bind("/dc1/own", "b:1")
			routes.Run(t, []routetest.Row{
				{Request: "http://web/", Endpoints: "a:1"},
				{Request: "http://own/", Endpoints: "b:1"},
				{Request: "http://web/", Dtab: "/svc/web => /svc/own", Endpoints: "b:1"},
			})
			routetest.Parse(t, text).Check(t, routetest.Row{Request: "http://web/", Bound: "~"}) // an empty namespace
		})
	}
	for about, want := range map[string]struct {
		do   func(testing.TB)
		says string
	}{
		"a dtab of namerd that is none": {func(t testing.TB) { routetest.Config{Namerd: "/svc"}.Parse(t, top) }, "Namerd: "},
		"a prefix that is none":         {func(t testing.TB) { routetest.Config{NamerdNamers: []string{"x"}}.Parse(t, top) }, "NamerdNamers: '/' expected"},
		"a kind that nobody knows":      {func(t testing.TB) { routetest.Parse(t, strings.Replace(top, "io.l5d.consul", "io.l5d.consult", 1)) }, `unknown kind "io.l5d.consult" (did you mean "io.l5d.consul"?)`},
	} {
		t.Run(about, func(t *testing.T) {
			if got := failure(t, want.do); !strings.Contains(got, want.says) {
				t.Errorf("it says %q, not %q", got, want.says)
			}
		})
	}
}
