package proxy_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/utilities"
	"github.com/meshhop/meshhop/router"
)

// routerTo returns a router with one name, /svc/web.
func routerTo(name string) *router.Router {
	rt, err := router.New(router.Config{
		Dtab:        resolve.MustDtab("/svc/web => " + name),
		Interpreter: utilities.Interpreter(utilities.Config{}),
	})
	if err != nil {
		panic(err)
	}
	return rt
}

// A serve.Server finishes the requests in flight before the program ends, and asks
// clients to close their connections.
func ExampleHandler_Drain() {
	web, name := backend()
	defer web.Close()
	rt := routerTo(name)
	defer rt.Close()
	mesh, err := proxy.New(proxy.Config{Router: rt})
	if err != nil {
		panic(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	server := serve.New(mesh, serve.Config{SoleListeners: true})
	served := make(chan error)
	go func() { served <- server.Serve(listener) }()

	request, err := http.NewRequest("GET", "http://"+listener.Addr().String()+"/", nil)
	if err != nil {
		panic(err)
	}
	request.Host = "web"
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	fmt.Println(response.Status, string(body), err)

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	fmt.Println(server.Shutdown(ctx), <-served)
	// Output:
	// 200 OK /svc/web / <nil>
	// <nil> <nil>
}

// A server at the edge takes no context from its clients and shows them none.
func ExampleConfig_edge() {
	web, name := backend()
	defer web.Close()
	rt := routerTo(name)
	defer rt.Close()
	edge, err := proxy.New(proxy.Config{Router: rt, ClearContext: true})
	if err != nil {
		panic(err)
	}

	override := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("l5d-dtab", "/svc/web => /svc/other") // a client tries to go elsewhere
		edge.ServeHTTP(w, r)
	})
	ask(override, "GET", "http://web/")
	ask(edge, "GET", "http://nobody/") // the reason stays inside
	// Output:
	// 200 /svc/web /
	// 502
}

// Backends see where a request came from.
func ExampleForwarded() {
	seen := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.Header.Get("Forwarded")) })
	web := httptest.NewServer(seen)
	defer web.Close()
	rt := routerTo("/$/inet/" + strings.ReplaceAll(web.Listener.Addr().String(), ":", "/"))
	defer rt.Close()
	mesh, err := proxy.New(proxy.Config{Router: rt, Forwarded: &proxy.Forwarded{
		By:  "_edge",
		For: "ip",
	}})
	if err != nil {
		panic(err)
	}

	ask(mesh, "GET", "http://web/")
	// Output: 200 by=_edge;for=192.0.2.1;host=web;proto=http
}

// The counters of a handler can go wherever a program's metrics go.
func ExampleHandler_Stats() {
	web, name := backend()
	defer web.Close()
	rt := routerTo(name)
	defer rt.Close()
	mesh, err := proxy.New(proxy.Config{Router: rt})
	if err != nil {
		panic(err)
	}

	ask(mesh, "GET", "http://web/")
	stats := mesh.Stats()
	fmt.Println(stats.Requests, "request,", stats.Failures, "failures,", stats.ByStatus)
	// Output:
	// 200 /svc/web /
	// 1 request, 0 failures, map[200:1]
}
