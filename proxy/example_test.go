package proxy_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"

	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/utilities"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// backend is a service for the examples; it responds with what it was asked.
func backend() (s *httptest.Server, name string) {
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s", r.Header.Get("l5d-dst-service"), r.URL.Path)
	}))
	return s, "/$/inet/" + strings.ReplaceAll(s.Listener.Addr().String(), ":", "/")
}

// ask prints what a handler's response is.
func ask(h http.Handler, method, url string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, url, nil))
	fmt.Println(w.Code, w.Body)
}

// The least that there is: names come from the Host header, and the dtab leads
// to addresses.
func Example() {
	users, name := backend()
	defer users.Close()

	rt, err := router.New(router.Config{
		Dtab:        resolve.MustDtab("/svc/users => " + name),
		Interpreter: utilities.Interpreter(utilities.Config{}),
	})
	if err != nil {
		panic(err)
	}
	defer rt.Close()
	mesh, err := proxy.New(proxy.Config{Router: rt})
	if err != nil {
		panic(err)
	}

	ask(mesh, "GET", "http://users/42") // a program has http.ListenAndServe(":4140", mesh)
	// Output: 200 /svc/users /42
}

// A hop among the handlers of a program's own mux.
func Example_mux() {
	users, name := backend()
	defer users.Close()
	rt, err := router.New(router.Config{
		Dtab:        resolve.MustDtab("/svc/users => " + name),
		Interpreter: utilities.Interpreter(utilities.Config{}),
		Identifier:  router.PathSegments(1, true), // /users/42 is /42 of /svc/users
	})
	if err != nil {
		panic(err)
	}
	defer rt.Close()
	mesh, err := proxy.New(proxy.Config{Router: rt})
	if err != nil {
		panic(err)
	}

	mux := http.NewServeMux()
	mux.Handle("/users/", mesh)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "ok") })

	ask(mux, "GET", "http://gateway/users/42")
	ask(mux, "GET", "http://gateway/healthz")
	// Output:
	// 200 /svc/users /42
	// 200 ok
}

// An identifier is one method.
type byTenant struct{}

func (byTenant) Identify(r *http.Request) (resolve.Path, error) {
	tenant := r.Header.Get("X-Tenant")
	if tenant == "" {
		return resolve.Path{}, fmt.Errorf("there is no X-Tenant") // the response is a 400
	}
	return resolve.NewPath(tenant, r.Host)
}

// A request's name may come from anything in it.
func Example_identifier() {
	web, name := backend()
	defer web.Close()
	rt, err := router.New(router.Config{
		Dtab:        resolve.MustDtab("/svc/blue/web => " + name),
		Interpreter: utilities.Interpreter(utilities.Config{}),
		Identifier:  byTenant{},
	})
	if err != nil {
		panic(err)
	}
	defer rt.Close()
	mesh, err := proxy.New(proxy.Config{Router: rt})
	if err != nil {
		panic(err)
	}

	// A middleware of one's own in front of it.
	blue := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("X-Tenant", "blue")
		mesh.ServeHTTP(w, r)
	})
	ask(blue, "GET", "http://web/")
	ask(mesh, "GET", "http://web/")
	// Output:
	// 200 /svc/blue/web /
	// 400 Unknown destination: Request("GET /", from /192.0.2.1:1234) / there is no X-Tenant
}

// registry is a namer: a program's own knowledge of where services are. What
// changes, changes for requests at once, by the Var.
type registry map[string]*resolve.Var[resolve.Replicas]

func (r registry) Lookup(p resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	if p.Len() == 0 || r[p.Label(0)] == nil {
		return resolve.Const(resolve.NameTree[resolve.Name]{}) // Neg: there is no such name
	}
	return resolve.Const(resolve.LeafOf(resolve.Name{Bound: &resolve.Bound{
		ID: p.Take(1), Addr: r[p.Label(0)].Activity(), Residual: p.Drop(1),
	}}))
}

// A namer of one's own, mounted where the dtab leads.
func Example_namer() {
	web, _ := backend()
	defer web.Close()
	replicas := func(addr string) resolve.Replicas {
		return resolve.Replicas{Addresses: []resolve.Address{{AddrPort: netip.MustParseAddrPort(addr), Weight: 1}}}
	}
	known := registry{"web": resolve.NewVar(resolve.State[resolve.Replicas]{Status: resolve.OK, Value: replicas(web.Listener.Addr().String())})}

	names, err := resolve.New(resolve.Config{
		Namers:    []resolve.Mount{{Prefix: resolve.MustPath("/#/registry"), Namer: known}},
		Utilities: utilities.All(utilities.Config{}),
	})
	if err != nil {
		panic(err)
	}
	rt, err := router.New(router.Config{Dtab: resolve.MustDtab("/svc => /#/registry"), Interpreter: names})
	if err != nil {
		panic(err)
	}
	defer rt.Close()
	mesh, err := proxy.New(proxy.Config{Router: rt})
	if err != nil {
		panic(err)
	}

	ask(mesh, "GET", "http://web/")
	// Output: 200 /svc/web /
}

// A middleware that traces every request, as otelhttp does: its span is the
// parent of the hop's server span, so that there is one trace.
func Example_otelhttp() {
	web, name := backend()
	defer web.Close()
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	defer provider.Shutdown(context.Background())
	hop := trace.NewHop(trace.HopConfig{TracerProvider: provider})
	rt, err := router.New(router.Config{
		Dtab:        resolve.MustDtab("/svc/web => " + name),
		Interpreter: utilities.Interpreter(utilities.Config{}),
		Hop:         hop,
	})
	if err != nil {
		panic(err)
	}
	defer rt.Close()
	mesh, err := proxy.New(proxy.Config{Router: rt})
	if err != nil {
		panic(err)
	}

	traced := func(next http.Handler) http.Handler { // otelhttp.NewMiddleware("gateway")
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx := propagation.TraceContext{}.Extract(r.Context(), propagation.HeaderCarrier(r.Header))
			ctx, span := provider.Tracer("gateway").Start(ctx, "gateway", oteltrace.WithSpanKind(oteltrace.SpanKindServer))
			defer span.End()
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
	ask(traced(mesh), "GET", "http://web/")
	ended := spans.Ended() // in the order in which they ended
	client, server, gateway := ended[0], ended[1], ended[2]
	fmt.Println(client.Name(), "is below", server.Name()+":", client.Parent().SpanID() == server.SpanContext().SpanID())
	fmt.Println(server.Name(), "is below", gateway.Name()+":", server.Parent().SpanID() == gateway.SpanContext().SpanID())
	// Output:
	// 200 /svc/web /
	// GET / is below http /svc/web: true
	// http /svc/web is below gateway: true
}

// The program's own OpenTelemetry SDK, in a mesh that speaks W3C Trace Context.
func Example_sdk() {
	web, name := backend()
	defer web.Close()
	spans := tracetest.NewSpanRecorder()
	provider := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans)) // or any exporter
	defer provider.Shutdown(context.Background())
	hop := trace.NewHop(trace.HopConfig{TracerProvider: provider, Propagator: trace.W3C()})
	rt, err := router.New(router.Config{
		Dtab:        resolve.MustDtab("/svc/web => " + name),
		Interpreter: utilities.Interpreter(utilities.Config{}),
		Hop:         hop,
	})
	if err != nil {
		panic(err)
	}
	defer rt.Close()
	mesh, err := proxy.New(proxy.Config{Router: rt})
	if err != nil {
		panic(err)
	}

	r := httptest.NewRequest("GET", "http://web/", nil)
	r.Header.Set("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	mesh.ServeHTTP(httptest.NewRecorder(), r)
	for _, s := range spans.Ended() {
		fmt.Println(s.SpanContext().TraceID(), s.SpanKind(), s.Name())
	}
	// Output:
	// 4bf92f3577b34da6a3ce929d0e0e4736 client GET /
	// 4bf92f3577b34da6a3ce929d0e0e4736 server http /svc/web
}
