// Package proxy is the server side of the mesh hop: an [http.Handler] that sends each
// request on through a router.Router and streams the response back.
//
//	rt, err := router.New(router.Config{Dtab: dtab, Interpreter: interpreter})
//	h, err := proxy.New(proxy.Config{Router: rt})
//	err = http.ListenAndServe(":4140", h)
//
// Bodies are streamed in both directions, with trailers, 1xx responses and upgraded
// connections. Hop-by-hop headers are not sent on. The headers of the mesh (l5d-*) are
// read, continued and, with [Config].ClearContext, kept inside. A request that gets no
// response from an endpoint gets one from the handler, in Linkerd's form: the reason
// stands in the header l5d-err and in the body.
//
// Package serve has a server that can be drained; any other serves the handler, too.
package proxy
