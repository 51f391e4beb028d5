// Package routetest says where requests go: table tests of a routing
// configuration, without sockets, services or a cluster.
//
// A test takes the configuration as it is, such as the linkerd.yaml of
// production; its namers are fakes, which know what the test tells them:
//
//	func TestRoutes(t *testing.T) {
//		routes := routetest.Load(t, "linkerd.yaml")
//		routes.Namer("/#/io.l5d.fs").Bind("/world-v1", "a:1")
//		routes.Namer("/#/io.l5d.fs").Bind("/world-v2", "b:1")
//		routes.Run(t, []routetest.Row{
//			{Request: "GET http://world/", Name: "/svc/world", Endpoints: "a:1"},
//			{Request: "GET http://world/", Dtab: "/host/world => 9 * /srv/world-v1 & 1 * /srv/world-v2",
//				Endpoints: "90 % a:1, 10 % b:1"},
//		})
//	}
//
// That holds for namers, telemeters and interpreters that this module does not
// have, too (io.l5d.consul, io.l5d.namerd); see [Config.Namerd].
//
// A request goes through the server and the identifier that the configuration
// has; its name is then bound by the configured interpreter. Where it would go
// is read off what the name is bound to: nothing is sent, nothing is left to
// chance. A row that fails shows how the name was looked up.
package routetest
