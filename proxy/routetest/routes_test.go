package routetest_test

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/routetest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// mesh has a router for each thing that a request's way depends on.
const mesh = `
namers:
- {kind: io.l5d.fs, rootDir: /does/not/exist}
- {kind: io.l5d.fs, rootDir: /does/not/exist, prefix: /other, transformers: [{kind: io.l5d.port, port: 4141}]}
telemetry:
- {kind: io.l5d.zipkin, host: nowhere.example, sampleRate: 1.0}
- {kind: io.l5d.prometheus}
routers:
- protocol: http
  label: outgoing
  dtab: |
    /srv => /#/io.l5d.fs ; /host => /srv ; /svc => /host ; /host/world => /srv/world-v1 ;
    /svc/split => 0.9 * /srv/v1 & 0.1 * /srv/v2 ;
    /svc/thirds => /srv/v1 & /srv/v2 & /srv/v3 ;
    /svc/back => /srv/missing | /srv/v1 ;
    /svc/down => /srv/nobody | /srv/v1 ;
    /svc/inet => /$/inet/db.example/5432 ;
    /svc/local => /$/inet/127.1/80 & /$/inet/localhost/81 & 2 * /$/inet/82 ;
    /svc/no => ! ; /svc/none => $ ; /svc/zero => 0*/srv/v1 & 0*/srv/v2 ;
    /svc/loop => /svc/loop ;
    /svc/port => /#/other/v1 ;
  servers: [{port: 4140}]
- protocol: http
  label: edge
  dtab: /svc => /#/io.l5d.fs
  identifier: {kind: io.l5d.methodAndHost, httpUriInDst: true}
  dstPrefix: /http
  servers: [{port: 4142, clearContext: true}]
- protocol: http
  label: paths
  dtab: /svc => /#/io.l5d.fs
  identifier: [{kind: io.l5d.header}, {kind: io.l5d.path, segments: 2}]
  interpreter: {kind: default, transformers: [{kind: io.l5d.port, port: 7}]}
  servers: [{port: 4143}]
`

func start(t testing.TB, c ...routetest.Config) *routetest.Routes {
	t.Helper()
	routes := append(c, routetest.Config{})[0].Parse(t, mesh)
	fs := routes.Namer("/#/io.l5d.fs")
	fs.Bind("/v1", "a:1")
	fs.Bind("/v2", "b:1", "c:1")
	fs.Bind("/v3", "10.0.0.1:80")
	fs.Bind("/nobody")
	fs.Bind("/world-v1", "w:1")
	fs.Bind("/world-v2", "w:2")
	fs.SetReplicas("/weighted", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Addresses: []resolve.Address{
		{Host: "x", Weight: 1}, {Host: "y", Weight: 3}, {Host: "z"},
	}}})
	fs.SetReplicas("/weightless", resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Addresses: []resolve.Address{{Host: "x"}, {Host: "y"}}}})
	fs.Fail("/broken", errors.New("the registry is down"))
	fs.Stall("/stalled")
	routes.Namer("/#/other").Bind("/v1", "o:1")
	return routes
}

func TestRows(t *testing.T) {
	start(t).Run(t, []routetest.Row{
		{Request: "GET http://world/ HTTP/1.1", Name: "/svc/world", Bound: "/#/io.l5d.fs/world-v1", Endpoints: "w:1"},
		{Request: "http://world/", Dtab: "/host/world => /srv/world-v2", Bound: "/#/io.l5d.fs/world-v2", Endpoints: "w:2"},
		{Request: "/", Header: http.Header{"Host": {"world"}, "L5d-Ctx-Dtab": {"/host/world => /srv/world-v2"}}, Endpoints: "w:2"},
		{Request: "http://world/", Header: http.Header{"L5d-Dtab": {"/svc/world => /srv/v3"}}, Dtab: "/srv/v3 => /srv/v1", Endpoints: "a:1"},
		{Request: "http://World:80/a/b?c", Name: "/svc/World:80", Bound: "~", Endpoints: "nobody"},
		{Request: "http://split/", Bound: "0.9 * /#/io.l5d.fs/v1 & .1 * /#/io.l5d.fs/v2", Endpoints: "5 % c:1, 90% a:1, 5.00 % b:1"},
		{Request: "http://thirds/", Endpoints: "33.33 % a:1, 16.67 % b:1, 16.67 % c:1, 33.33 % 10.0.0.1:80"},
		{Request: "http://back/", Bound: "/#/io.l5d.fs/v1"},
		{Request: "http://down/", Bound: "/#/io.l5d.fs/nobody", Endpoints: "nobody"},
		{Request: "http://inet/", Bound: "/$/inet/db.example/5432", Endpoints: "db.example:5432"},
		{Request: "http://local/", Endpoints: "25 % 127.1:80, 25 % localhost:81, 50 % localhost:82"},
		{Request: "http://rinet/", Dtab: "/svc/rinet => /$/io.buoyant.rinet/80/web.example & /$/fixedinet/web.example/81", Endpoints: "web.example:80, web.example:81"},
		{Request: "http://teapot/", Dtab: "/svc/teapot => /$/io.buoyant.http.status/418 & /srv/v1", Endpoints: "50 % status 418, 50 % a:1"},
		{Request: "http://rewritten:8080/", Dtab: "/h/rewritten/8080 => /srv/v1 ; /svc => /$/io.buoyant.hostportPfx/h", Bound: "/#/io.l5d.fs/v1"},
		{Request: "http://weighted/", Endpoints: "25 % x:0, 75 % y:0"},
		{Request: "http://weightless/", Endpoints: "x:0, y:0"},
		{Request: "http://port/", Bound: "/#/other/v1", Endpoints: "o:1"},
		{Request: "http://no/", Bound: "!", Endpoints: "nobody"},
		{Request: "http://none/", Bound: "$", Endpoints: "nobody"},
		{Request: "http://zero/", Endpoints: "nobody"},
		{Request: "http://world/", Dtab: "/host/world => 3 * /srv/world-v2 & 1 * $", Endpoints: "75 % w:2, 25 % nobody"},
		{Request: "http://loop/", Name: "/svc/loop", Err: "Max recursion level"},
		{Request: "http://broken/", Err: "the registry is down"},
		{Request: "http://stalled/", Name: "/svc/stalled", Err: "no answer yet"},
		{Request: "http://world/", Dtab: "i am not a dtab", Err: "refused with 400 Bad Request: '/' expected but 'i' found at '[i] am not a dtab'"},
		{Request: "HEAD http://world/", Dtab: "x", Err: "'/' expected"},
		{Request: "GET / HTTP/1.0", Err: "Host header is absent"},

		{Router: "edge", Request: "POST http://WEB/some/path?x", Name: "/http/1.1/POST/web/some/path", Endpoints: "nobody"},
		{Router: "edge", Request: "POST /a HTTP/1.0", Name: "/http/1.0/POST/a"},
		{Router: "edge", About: "the edge takes no dtab", Request: "http://web/", Dtab: "/http => /#/io.l5d.fs/v1", Endpoints: "nobody"},
		{Router: "paths", Request: "GET /v1/x/y", Header: http.Header{"Host": {"h"}}, Name: "/svc/v1/x", Endpoints: "a:1"},
		{Router: "paths", Request: "GET /v1", Header: http.Header{"Host": {"h"}}, Err: "not enough segments in path"},
		{Router: "paths", Request: "GET /", Header: http.Header{"Host": {"h"}, "L5d-Name": {"/v2"}}, Endpoints: "b:1, c:1"},
	})
}

func TestTransformers(t *testing.T) {
	start(t, routetest.Config{Transformers: true}).Run(t, []routetest.Row{
		{Request: "http://port/", Bound: "/%/io.l5d.port/4141/#/other/v1", Endpoints: "o:4141"},
		{Router: "paths", Request: "/v2/x", Header: http.Header{"Host": {"h"}}, Bound: "/%/io.l5d.port/7/#/io.l5d.fs/v2", Endpoints: "b:7, c:7"},
	})
}

// TestDtabFile: the dtab of the interpreter io.l5d.fs is read, as it is part of
// the configuration.
func TestDtabFile(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "dtab")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("/srv => /#/io.l5d.fs ; /svc => /srv ;")
	routes := routetest.Parse(t, `
namers: [{kind: io.l5d.fs, rootDir: /does/not/exist}]
routers:
- protocol: http
  dtab: /svc/web => /srv/web-v2
  interpreter: {kind: io.l5d.fs, dtabFile: `+file+`}
  servers: [{port: 0}]
`)
	routes.Namer("/#/io.l5d.fs").Bind("/web", "a:1")
	routes.Namer("/#/io.l5d.fs").Bind("/web-v2", "b:1")
	routes.Check(t, routetest.Row{Request: "http://web/", Bound: "/#/io.l5d.fs/web-v2", Endpoints: "b:1"})
	routes.Check(t, routetest.Row{Request: "http://web/", Dtab: "/svc => /srv", Endpoints: "a:1"})
	got := failure(t, func(t testing.TB) { routes.Check(t, routetest.Row{Request: "http://web/", Endpoints: "c:1"}) })
	if !strings.Contains(got, "dtab:\n  /srv=>/#/io.l5d.fs\n  /svc=>/srv\n  /svc/web=>/srv/web-v2\n") {
		t.Errorf("the report does not have the whole dtab:\n%s", got)
	}
	write("/svc => ")
	routes.Check(t, routetest.Row{Request: "http://web/", Name: "/svc/web", Err: "simple expected"})
}

// TestChanges: what the fakes are told counts for the rows that come after.
func TestChanges(t *testing.T) {
	routes := start(t)
	fs := routes.Namer("/#/io.l5d.fs")
	row := func(endpoints, err string) {
		t.Helper()
		routes.Check(t, routetest.Row{Request: "http://back/", Name: "/svc/back", Endpoints: endpoints, Err: err})
	}
	row("a:1", "")
	fs.Bind("/missing", "m:1")
	row("m:1", "")
	fs.Bind("/missing", "m:1", "m:2")
	row("m:1, m:2", "")
	fs.Bind("/missing")
	row("nobody", "") // there, and empty: no fallback
	fs.Fail("/missing", errors.New("down"))
	row("", "down")
	fs.Stall("/missing")
	row("", "no answer yet")
	fs.Set("/missing", "/$/inet/h/1 & /#/io.l5d.fs/v1")
	row("h:1, a:1", "")
	fs.Remove("/missing")
	row("a:1", "")
}

// TestReports: what a row that fails says.
func TestReports(t *testing.T) {
	routes := start(t)
	for _, c := range []struct {
		row  routetest.Row
		want string // up to the dtab
		also []string
	}{
		{routetest.Row{Request: "http://world/", Dtab: "/host/world=>/srv/world-v3", Name: "/svc/world", Bound: "/#/io.l5d.fs/world-v3", Endpoints: "w:3"},
			`http://world/ with /host/world=>/srv/world-v3 (-want +got):
  name       /svc/world
- bound      /#/io.l5d.fs/world-v3
+ bound      /#/io.l5d.fs/world-v1
- endpoints  w:3
+ endpoints  w:1
`, []string{"  /host/world=>/srv/world-v3\n", "delegation:\n", "/#/io.l5d.fs/world-v3", "no such name, said /#/io.l5d.fs\n", "at 192.0.2.4:1\n"}},
		{routetest.Row{About: "it is elsewhere", Request: "http://split/", Endpoints: "a:1"},
			`it is elsewhere (-want +got):
  name       /svc/split
  bound      0.9*/#/io.l5d.fs/v1 & 0.1*/#/io.l5d.fs/v2
- endpoints  a:1
+ endpoints  90 % a:1, 5 % b:1, 5 % c:1
`, nil},
		{routetest.Row{Request: "http://broken/", Endpoints: "a:1"},
			`http://broken/ (-want +got):
  name       /svc/broken
- endpoints  a:1
+ error      the registry is down
`, []string{"said /#/io.l5d.fs\n"}},
		{routetest.Row{Request: "http://split/", Err: "no"},
			`http://split/ (-want +got):
  name       /svc/split
  bound      0.9*/#/io.l5d.fs/v1 & 0.1*/#/io.l5d.fs/v2
  endpoints  90 % a:1, 5 % b:1, 5 % c:1
- error      no
`, nil},
		{routetest.Row{Request: "GET / HTTP/1.0", Name: "/svc/x"},
			"GET / HTTP/1.0 (-want +got):\n- name       /svc/x\n+ error      refused with 400 Bad Request: Unknown destination: " +
				"Request(\"GET /\", from /192.0.2.1:1234) / Host header is absent\n", nil},
	} {
		t.Run(c.row.Request, func(t *testing.T) {
			got := failure(t, func(t testing.TB) { routes.Check(t, c.row) })
			head, rest, _ := strings.Cut(got+"\n", "dtab:\n")
			if diff := cmp.Diff(c.want, strings.TrimRight(head, "\n")+"\n"); diff != "" {
				t.Error(diff)
			}
			for _, text := range c.also {
				if !strings.Contains(rest, text) {
					t.Errorf("there is no %q in\n%s", text, rest)
				}
			}
			if strings.Contains(rest, " ago") {
				t.Errorf("it tells ages:\n%s", rest)
			}
		})
	}
}

// TestMistakes: a test that is wrong is told so.
func TestMistakes(t *testing.T) {
	routes := start(t)
	check := func(row routetest.Row) func(testing.TB) {
		return func(t testing.TB) { routes.Check(t, row) }
	}
	for _, c := range []struct {
		about string
		do    func(testing.TB)
		want  string
	}{
		{"a row that wants nothing", check(routetest.Row{Request: "http://web/"}), "the row wants nothing"},
		{"no request", check(routetest.Row{Name: "/svc"}), `request "" is not like "GET http://web/"`},
		{"four words", check(routetest.Row{Request: "GET / HTTP/1.1 x", Name: "/svc"}), "is not like"},
		{"no request either", check(routetest.Row{Request: "GET http://a%zz/ HTTP/1.1", Name: "/svc"}), "invalid URL escape"},
		{"a name", check(routetest.Row{Request: "/", Name: "svc"}), "name: '/' expected"},
		{"a tree", check(routetest.Row{Request: "/", Bound: "/a |"}), "bound: simple expected"},
		{"no endpoint", check(routetest.Row{Request: "/", Endpoints: "a:1, b"}), `endpoints: "b" is no endpoint such as a:1`},
		{"no port", check(routetest.Row{Request: "/", Endpoints: "a:http"}), `"a:http" is no endpoint`},
		{"no share", check(routetest.Row{Request: "/", Endpoints: "x % a:1"}), `"x % a:1" is no share of an endpoint such as 90 % a:1`},
		{"some shares", check(routetest.Row{Request: "/", Endpoints: "90 % a:1, b:1"}), "some have a share and some have not"},
		{"no file", func(t testing.TB) { routetest.Load(t, "does-not-exist.yaml") }, "routetest: open does-not-exist.yaml"},
		{"a file that is wrong", func(t testing.TB) { routetest.Parse(t, "routers: [{protocol: http, servres: x}]") }, "yaml:1:28: routers[0].servres: unknown key"},
		{"a key that is wrong", func(t testing.TB) {
			routetest.Parse(t, "namers: [{kind: io.l5d.fs}]\nrouters: [{protocol: http, servers: [{port: 1}]}]")
		}, "namers[0].rootDir: is required"},
		{"no interpreter", func(t testing.TB) { routetest.Of(t, router.Config{}) }, "Interpreter is required"},
		{"no such router", func(t testing.TB) {
			routetest.Parse(t, mesh).Ask("x", httptest.NewRequest("GET", "/", nil))
		}, `no server of a router "x"`},
		{"no such namer", func(t testing.TB) { routetest.Parse(t, mesh).Namer("/#/consul") }, `no namer is configured at "/#/consul"; there are ["/#/io.l5d.fs" "/#/other"]`},
	} {
		t.Run(c.about, func(t *testing.T) {
			if got := failure(t, c.do); !strings.Contains(got, c.want) {
				t.Errorf("it says %q, not %q", got, c.want)
			}
		})
	}
}

// TestOwnKinds: a program's own kinds are kept, but for namers.
func TestOwnKinds(t *testing.T) {
	kinds := config.Builtin()
	kinds.Namers["test"] = func(d *config.Decoder) (config.Namer, error) {
		d.Need("key")
		return config.Namer{Prefix: resolve.MustPath("/test"), New: func(config.BuildOptions) (resolve.Namer, error) {
			return nil, errors.New("it must not be made")
		}}, nil
	}
	kinds.Interpreters["test"] = func(*config.Decoder) (config.Interpreter, error) {
		return func(_ config.BuildOptions, c resolve.Config) (resolve.Interpreter, error) { return resolve.New(c) }, nil
	}
	routes := routetest.Config{Kinds: kinds}.Parse(t, `
namers: [{kind: test, key: x}]
routers:
- {protocol: http, dtab: /svc => /#/test, interpreter: {kind: test}, servers: [{port: 0}]}
`)
	routes.Namer("/#/test").Bind("/web", "a:1")
	routes.Check(t, routetest.Row{Request: "http://web/", Endpoints: "a:1"})
}

// slack is how many of n requests may be more or fewer than a share of p says:
// by Bernstein's inequality that is missed once in 10^9 times.
func slack(n, p float64) float64 {
	t := math.Log(2e9)
	return t/3 + math.Sqrt(t*t/9+2*t*n*p*(1-p))
}

// TestSharesAreTrue: the router itself gives requests the shares that are read
// off.
func TestSharesAreTrue(t *testing.T) {
	const requests = 400
	rapid.Check(t, func(rt *rapid.T) {
		leaf := rapid.SampledFrom([]string{"/#/n/a", "/#/n/b", "/#/n/two", "/#/n/empty", "/#/n/missing", "$", "!", "~"})
		weight := rapid.SampledFrom([]string{"", "0*", "1*", "3*", "0.5*"})
		union := func(part func() string) string {
			var parts []string
			for range rapid.IntRange(2, 3).Draw(rt, "parts") {
				parts = append(parts, weight.Draw(rt, "weight")+part())
			}
			return strings.Join(parts, " & ")
		}
		one := func() string { return leaf.Draw(rt, "leaf") }
		dtab := "/svc/web => " + union(func() string {
			if rapid.Bool().Draw(rt, "deeper") {
				return "(" + union(one) + ")"
			}
			return one()
		})
		var n resolvetest.Namer
		n.Bind("/a", "a:1")
		n.Bind("/b", "b:1")
		n.Bind("/two", "c:1", "d:1")
		n.Bind("/empty")
		in, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/n"), Namer: &n}}})
		if err != nil {
			rt.Fatal(err)
		}
		c := router.Config{Dtab: resolve.MustDtab(dtab), Interpreter: in}
		route := routetest.Of(t, c).Ask("", httptest.NewRequest("GET", "http://web/", nil))
		total := 0.0
		want := map[string]float64{}
		for _, e := range route.Endpoints {
			total += e.Share
			want[e.Addr] = e.Share
		}
		if math.Abs(total-1) > 1e-9 {
			rt.Fatalf("%s: the shares %v are %v", dtab, route.Endpoints, total)
		}
		for addr, got := range measure(rt, c, requests) {
			share, ok := want[addr]
			if !ok || math.Abs(got-share*requests) > slack(requests, share) {
				rt.Fatalf("%s: %s got %v of %d requests, not %v", dtab, addr, got, requests, share*requests)
			}
		}
	})
}

// measure sends requests and counts who got them.
func measure(t *rapid.T, c router.Config, requests int) map[string]float64 {
	c.NewTransport = func(a resolve.Address, _ router.TransportConfig) http.RoundTripper { return named(a.Host + ":1") }
	rt, err := router.New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	got := map[string]float64{}
	for range requests {
		request, err := http.NewRequestWithContext(t.Context(), "GET", "http://web/", nil)
		if err != nil {
			t.Fatal(err)
		}
		addr := "nobody"
		if resp, err := rt.RoundTrip(request); err == nil {
			addr = resp.Header.Get("Addr")
			resp.Body.Close()
		}
		got[addr]++
	}
	return got
}

type named string

func (n named) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{"Addr": {string(n)}}, Body: http.NoBody}, nil
}

// TestLinkerdsExamples: files of Linkerd's own that load can be tested as they
// are.
func TestLinkerdsExamples(t *testing.T) {
	files, err := filepath.Glob("../../../shared/fixtures/linkerd-1.7.5/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("NOT TESTED: Linkerd's example files are not there")
	}
	tested := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := config.Load(file, data, config.Builtin()); err != nil || !strings.Contains(string(data), "/svc => /#/io.l5d.fs") {
			continue
		}
		tested++
		routes := routetest.Load(t, file)
		routes.Namer("/#/io.l5d.fs").Bind("/cat", "a:1")
		routes.Check(t, routetest.Row{About: file, Request: "GET http://cat/", Name: "/svc/cat", Bound: "/#/io.l5d.fs/cat", Endpoints: "a:1"})
	}
	if tested < 3 {
		t.Errorf("%d files were tested", tested)
	}
}

// TestOverridesOfAServer: a row's request is held to what the server lets its dtab
// do.
func TestOverridesOfAServer(t *testing.T) {
	const file = "namers: [{kind: io.l5d.fs, rootDir: /nowhere}]\nrouters:\n- protocol: http\n  dtab: /svc => /#/io.l5d.fs\n  servers: [{port: 0, overrides: %s}]\n"
	for policy, want := range map[string]string{
		"true": "/$/inet/10.0.0.1/80", "{allow: [/#]}": "/#/io.l5d.fs/web", "false": "/#/io.l5d.fs/web", "{deny: [/$], onDenied: refuse}": "",
	} {
		routes := routetest.Parse(t, fmt.Sprintf(file, policy))
		routes.Namer("/#/io.l5d.fs").Bind("/web", "a:1")
		request := httptest.NewRequest("GET", "http://web/", nil)
		request.Header.Set("l5d-dtab", "/svc => /$/inet/10.0.0.1/80")
		route := routes.Ask("", request)
		bound := ""
		for b := range route.Bound.Leaves() {
			bound += b.ID.String()
		}
		if bound != want || (route.Err != nil) != (want == "") {
			t.Errorf("%s: bound to %s, %v, want %s", policy, bound, route.Err, want)
		}
	}
}
