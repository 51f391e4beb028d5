package config_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

func ExampleLoad() {
	_, err := config.Load("linkerd.yaml", []byte(`
telemetry:
- kind: io.l5d.zipkin
  hots: zipkin
namers:
- kind: io.l5d.consul
routers:
- protocol: http
  dtab: |
    /svc => /host;
    /host -> /#/io.l5d.fs;
  servers:
  - port: 4140
  - port: 4140
`), config.Builtin())
	fmt.Println(err)
	// Output:
	// linkerd.yaml:4:3: telemetry[0].hots: unknown key (did you mean "host"?)
	// linkerd.yaml:6:9: namers[0].kind: io.l5d.consul is not supported: Consul answers SRV queries, so io.l5d.dnssrv with its port 8600 in dnsHosts finds the same instances
	// linkerd.yaml:11:11: routers[0].dtab: is not a dtab: '=' expected but '-' found at '/host [-]> /#/io.l5d.fs;'
	// linkerd.yaml:14:11: routers[0].servers[1].port: port 4140 is taken by routers[0].servers[0] in line 13, at 127.0.0.1:4140
}

func ExampleFile_Build() {
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "hello from ", r.Header.Get("L5d-Dst-Service"))
	}))
	defer backend.Close()
	address := strings.ReplaceAll(strings.TrimPrefix(backend.URL, "http://"), ":", "/")

	file, err := config.Load("linkerd.yaml", []byte(`
routers:
- protocol: http
  dtab: /svc/web => /$/inet/`+address+`
  servers:
  - port: 4140
    ip: 0.0.0.0
`), config.Builtin())
	if err != nil {
		fmt.Println(err)
		return
	}
	mesh, err := file.Build(config.BuildOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), mesh.Admin.ShutdownGrace)
		defer cancel()
		_ = mesh.Close(ctx)
	}()
	for _, server := range mesh.Servers { // a program listens on server.Addr
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Host = "web"
		response := httptest.NewRecorder()
		server.Handler.ServeHTTP(response, request)
		fmt.Println(server.Router, server.Addr, response.Code, response.Body)
	}
	// Output: http 0.0.0.0:4140 200 hello from /svc/web
}

// byTenant names requests after a cookie and a header: /<cookie>/<header>.
type byTenant struct{ cookie, header string }

func (i byTenant) Identify(r *http.Request) (resolve.Path, error) {
	tenant, err := r.Cookie(i.cookie)
	if err != nil || tenant.Value == "" {
		return resolve.Path{}, &router.UnidentifiedError{Reason: i.cookie + " cookie is absent"}
	}
	return resolve.NewPath(tenant.Value, r.Header.Get(i.header))
}

// A program adds a kind of its own to the table. Its keys are read as strictly
// as all others.
func ExampleKinds() {
	kinds := config.Builtin()
	kinds.Identifiers["com.example.tenant"] = func(d *config.Decoder) (config.Part[router.Identifier], error) {
		d.Need("cookie")
		return config.Ready[router.Identifier](byTenant{d.Text("cookie", ""), d.Text("header", "X-App")}), nil
	}

	text := `
routers:
- protocol: http
  identifier: {kind: com.example.tenant, heder: X-Application}
  servers: [{port: 4140}]
`
	_, err := config.Load("linkerd.yaml", []byte(text), kinds)
	fmt.Println(err)

	text = strings.Replace(text, "heder", "cookie: tenant, header", 1)
	file, err := config.Load("linkerd.yaml", []byte(text), kinds)
	fmt.Println(string(file.JSON()), err)
	// Output:
	// linkerd.yaml:4:15: routers[0].identifier.cookie: is required
	// linkerd.yaml:4:42: routers[0].identifier.heder: unknown key (did you mean "header"?)
	// {"routers":[{"protocol":"http","identifier":{"kind":"com.example.tenant","cookie":"tenant","header":"X-Application"},"servers":[{"port":4140}]}]} <nil>
}

func ExampleFile_notices() {
	file, err := config.Load("linkerd.yaml", []byte(`
usage: {orgId: me}
telemetry:
- {kind: io.l5d.zipkin, host: zipkin, port: 9410, sampleRate: 1.0}
routers:
- {protocol: http, servers: [{port: 4140}]}
`), config.Builtin())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, notice := range file.Notices {
		fmt.Println(notice)
	}
	// Output:
	// linkerd.yaml:2:8: usage: has no effect: usage is never reported
	// linkerd.yaml:4:45: telemetry[0].port: spans go by Scribe if there is one at zipkin:9410, else by HTTP to zipkin:9411; set transport to scribe or http to choose
}

func ExampleMesh_Close() {
	file, err := config.Load("linkerd.yaml", []byte("routers: [{protocol: http, servers: [{port: 4140}]}]"), config.Builtin())
	if err != nil {
		fmt.Println(err)
		return
	}
	mesh, err := file.Build(config.BuildOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	// ... serve, and drain; then give the last spans their time:
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	fmt.Println(mesh.Close(ctx))
	// Output: <nil>
}

func ExampleFile_Lint() {
	file, err := config.Load("linkerd.yaml", []byte(`
namers:
- {kind: io.l5d.fs, rootDir: disco}
routers:
- protocol: http
  dtab: |
    /svc/web => /#/io.l5d.fs/web-v2 ;
    /svc/*   => /$/inet/127.1/8080 | /#/io.l5d.fs ;
  servers: [{port: 4140}]
`), config.Builtin())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, finding := range file.Lint() {
		fmt.Println(finding.Position, finding.Kind, finding.Error)
	}
	// Output:
	// linkerd.yaml:7:5 swallowed false
	// linkerd.yaml:8:38 unreached false
}
