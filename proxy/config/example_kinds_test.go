package config_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// ask builds a file and sends the request GET http://web/ to its first router.
func ask(text string, kinds config.Kinds) {
	file, err := config.Load("linkerd.yaml", []byte(text), kinds)
	if err != nil {
		fmt.Println(err)
		return
	}
	mesh, err := file.Build(config.BuildOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	mesh.Servers[0].Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://web/", nil))
	fmt.Println(w.Code)
	if err := mesh.Close(context.Background()); err != nil {
		fmt.Println(err)
	}
}

// Everything that is wrong with a file at once: an error, a finding in a dtab and a
// notice. Nil options mean that nothing but the text is looked at.
func ExampleCheck() {
	const text = `
usage: {orgId: me}
routers:
- protocol: http
  dtab: |
    /svc => /host | /host ;
  servers: [{prot: 4140}]
`
	for _, f := range config.Check(context.Background(), "linkerd.yaml", []byte(text), config.Builtin(), nil) {
		fmt.Printf("%s: %s: error %t, kind %q\n", f.Position, f.Path, f.Error, f.Kind)
	}
	// Output:
	// linkerd.yaml:2:8: usage: error false, kind ""
	// linkerd.yaml:6:13: routers[0].dtab: error false, kind "unknown-name"
	// linkerd.yaml:7:14: routers[0].servers[0].prot: error true, kind ""
}

// A namer that sends all requests to one port.
func ExampleNamer() {
	kinds := config.Builtin()
	kinds.Namers["com.example.one"] = func(d *config.Decoder) (config.Namer, error) {
		d.Need("port")
		port := d.Port("port", 0, 1)
		return config.Namer{
			Prefix: resolve.MustPath("/com.example.one"),
			New:    config.Ready[resolve.Namer](localPort(port)),
		}, nil
	}
	backend := httptest.NewServer(http.NotFoundHandler())
	defer backend.Close()
	_, port, _ := net.SplitHostPort(backend.Listener.Addr().String())
	ask(`
namers: [{kind: com.example.one, port: `+port+`}]
routers: [{protocol: http, dtab: /svc => /#/com.example.one, servers: [{port: 4140}]}]
`, kinds)
	// Output: 404
}

// localPort gives each name to a port of this machine.
type localPort uint16

func (p localPort) Lookup(name resolve.Path) *resolve.Activity[resolve.NameTree[resolve.Name]] {
	path := resolve.MustPath(fmt.Sprintf("/$/inet/127.0.0.1/%d", p)) // it is looked up in turn
	return resolve.Const(resolve.NameTree[resolve.Name]{Op: resolve.Leaf, Leaf: resolve.Name{Path: path.Append(name)}})
}

// A stage that lets no request without a token pass.
func ExampleReady() {
	kinds := config.Builtin()
	kinds.Stages["com.example.token"] = func(d *config.Decoder) (config.Part[func(resolve.Path) router.Stage], error) {
		header := d.Text("header", "X-Token")
		return config.Ready(func(resolve.Path) router.Stage { return needsHeader(header) }), nil
	}
	ask(`
routers:
- protocol: http
  service: {stages: [{kind: com.example.token, header: X-Key}]}
  servers: [{port: 4140}]
`, kinds)
	// Output: 401
}

type needsHeader string

func (s needsHeader) Handle(r *http.Request, next http.RoundTripper) (*http.Response, error) {
	if r.Header.Get(string(s)) == "" {
		return router.NewResponse(r, http.StatusUnauthorized, "no "+string(s)), nil
	}
	return next.RoundTrip(r)
}

// A telemeter that prints the names of spans.
func ExampleTelemeter() {
	kinds := config.Builtin()
	kinds.Telemeters["com.example.print"] = func(d *config.Decoder) (config.Telemeter, error) {
		return config.Telemeter{
			New:        config.Ready[trace.Exporter](printer{}),
			Target:     "stdout",
			SampleRate: d.Float("sampleRate", 1, 0, 1),
		}, nil
	}
	ask(`
telemetry: [{kind: com.example.print}]
routers: [{protocol: http, dtab: /svc => /$/io.buoyant.http.status/204, servers: [{port: 4140}]}]
`, kinds)
	// Output:
	// 204
	// GET /
	// http /svc/web
}

type printer struct{}

func (printer) Export(_ context.Context, spans []*trace.Record) error {
	names := make([]string, len(spans))
	for i, s := range spans {
		names[i] = s.Name
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Println(name)
	}
	return nil
}

func (printer) Shutdown(context.Context) error { return nil }

// An interpreter that puts entries of its own before those of the router.
func ExampleInterpreter() {
	kinds := config.Builtin()
	kinds.Interpreters["com.example.entries"] = func(d *config.Decoder) (config.Interpreter, error) {
		entries := d.Dtab("entries")
		return func(_ config.BuildOptions, c resolve.Config) (resolve.Interpreter, error) {
			c.Base = resolve.Const(entries)
			return resolve.New(c)
		}, nil
	}
	ask(`
routers:
- protocol: http
  interpreter: {kind: com.example.entries, entries: /svc => /$/io.buoyant.http.status/418}
  servers: [{port: 4140}]
`, kinds)
	// Output: 418
}

// A transformer that hides everything.
func ExampleTransformer() {
	kinds := config.Builtin()
	kinds.Transformers["com.example.nothing"] = func(*config.Decoder) (config.Transformer, error) {
		return config.Transformer{
			Prefix: resolve.MustPath("/com.example.nothing"),
			New: func(config.BuildOptions, resolve.Path) (resolve.Transformer, error) {
				return nothing{}, nil
			},
		}, nil
	}
	ask(`
routers:
- protocol: http
  interpreter: {kind: default, transformers: [{kind: com.example.nothing}]}
  dtab: /svc => /$/io.buoyant.http.status/204
  servers: [{port: 4140}]
`, kinds)
	// Output: 502
}

type nothing struct{}

func (nothing) Transform(*resolve.Activity[resolve.NameTree[*resolve.Bound]]) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
	return resolve.Const(resolve.NameTree[*resolve.Bound]{}) // Neg: there is no such name
}
