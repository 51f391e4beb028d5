package meshhop_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/meshhop/meshhop"

// otelAPI is the OpenTelemetry API: what a program that only makes spans
// imports. The SDK and the exporters are not part of it.
var otelAPI = []string{
	"go.opentelemetry.io/otel/attribute",
	"go.opentelemetry.io/otel/codes",
	"go.opentelemetry.io/otel/propagation", // the interface that other propagators have; of the API's own module, and links nothing new
	"go.opentelemetry.io/otel/trace",
	"go.opentelemetry.io/otel/trace/embedded",
	"go.opentelemetry.io/otel/trace/noop",
}

// mayImport is the law of imports: for each package, what it may import beside
// the standard library. Each arrow beyond architecture stands here with its
// reason. A package that is not listed may import nothing else.
var mayImport = map[string][]string{
	"internal/brief":               nil,
	"internal/certs":               {"github.com/fsnotify/fsnotify"}, // certificates are replaced while they are used
	"internal/certtest":            nil,                              // for tests only
	"internal/handshake":           nil,
	"internal/dtabpos":             nil,
	"internal/timeout":             nil,
	"internal/keydoc":              nil,
	"internal/helloworld":          {"ctxhdr"},  // the service of examples/helloworld and of the demo
	"internal/histogram":           {"resolve"}, // the names of what took so long
	"internal/hostcheck":           nil,
	"internal/hopspan":             otelAPI,
	"internal/limits":              nil,
	"internal/relay":               {"internal/h1wire"},                                                                                                                                                // the order of lines goes with a message
	"internal/inbound":             append([]string{"internal/record", "ctxhdr", "internal/h1wire", "internal/limits", "internal/relay", "resolve", "github.com/hashicorp/golang-lru/v2"}, otelAPI...), // lru: dtabs that were read before
	"internal/lostcontext":         {"internal/record", "go.opentelemetry.io/otel/trace"},
	"internal/record":              {"go.opentelemetry.io/otel/trace"},
	"internal/traffic":             nil,
	"internal/endpoint":            {"resolve"},
	"internal/ingresses":           nil, // between resolve/k8s and router/ingress
	"internal/traffic/tally":       {"internal/handshake", "internal/histogram", "internal/traffic"},
	"internal/traffic/traffictest": {"internal/traffic"},
	"internal/routerview":          {"internal/histogram", "internal/endpoint", "internal/traffic/tally", "resolve", "router/h1"}, // what a router shows to the hop's own packages
	"internal/trouble":             nil,
	"internal/loglevel":            nil,
	"internal/accesslog":           {"internal/record", "internal/trouble"},
	"internal/wire":                nil,
	"internal/httpx":               nil,
	"internal/h1wire":              {"internal/httpx"},                                                    // what the client and the server of HTTP/1.1 read alike
	"internal/h2wire":              {"internal/h1wire", "internal/httpx", "golang.org/x/net/http2/hpack"}, // what the client and the server of HTTP/2 read alike; h1wire: what a field may be
	"internal/hophandler":          {"internal/histogram", "internal/record", "internal/routerview", "router", "resolve"},
	"internal/h2client":            {"internal/handshake", "internal/httpx", "internal/relay", "internal/traffic", "router/h1"}, // h1: what all clients count, and what they say when too many wait
	"internal/h2peer":              nil,                                                                                         // for tests only
	"internal/hostaddr":            {"resolve"},
	"internal/pathmatch":           {"internal/limits", "resolve"},
	"internal/explain":             {"internal/hophandler", "internal/inbound", "internal/routerview", "internal/wire", "proxy", "router", "resolve"}, // what admin and the command have in common
	"ctxhdr":                       {"internal/wire"},                                                                                                 // and so the standard library alone
	"resolve":                      {"internal/brief", "internal/limits"},
	"resolve/inet":                 {"internal/trouble", "resolve", "internal/hostaddr"},
	"resolve/fs":                   {"internal/trouble", "resolve", "resolve/inet", "internal/hostaddr", "resolve/internal/unresolved", "github.com/fsnotify/fsnotify"}, // inet: hosts in files are written as in /$/inet
	"resolve/dnssrv":               {"internal/hostaddr", "internal/trouble", "resolve", "resolve/internal/unresolved", "github.com/miekg/dns"},
	"resolve/internal/unresolved":  nil, // what the two say alike of hosts
	"resolve/k8s":                  {"internal/ingresses", "internal/k8sname", "resolve", "resolve/inet", "resolve/internal/nodes", "resolve/k8s/internal/api"},
	"resolve/k8s/internal/api":     {"internal/k8sname", "resolve"},
	"internal/k8sname":             nil,
	"internal/k8stest":             nil,
	"resolve/rewrite":              {"resolve", "internal/pathmatch"},
	"resolve/status":               {"resolve"},
	"resolve/transform":            {"resolve", "resolve/internal/nodes"},
	"resolve/internal/nodes":       {"resolve"},                                   // which pods are on one node
	"resolve/utilities":            {"resolve", "resolve/inet", "resolve/status"}, // one call makes them all
	"internal/lint":                {"resolve", "internal/dtabpos"},
	"internal/worlds":              {"resolve", "resolve/inet", "resolve/resolvetest", "pgregory.net/rapid"}, // for tests only
	"resolve/resolvetest":          {"resolve"},
	"trace":                        append([]string{"trace/internal/drops", "ctxhdr", "internal/hopspan", "internal/wire"}, otelAPI...),
	"trace/zipkin":                 append([]string{"trace/internal/drops", "trace", "ctxhdr", "trace/internal/post", "trace/internal/sink", "trace/zipkin/internal/scribe"}, otelAPI...),                 // ctxhdr: the debug flag
	"trace/otlp":                   append([]string{"internal/trouble", "trace", "trace/internal/drops", "internal/hopspan", "internal/httpx", "trace/internal/post", "trace/internal/sink"}, otelAPI...), // hopspan: names that it replaces
	"trace/internal/post":          {"trace/internal/drops", "internal/wire", "trace"},
	"trace/internal/sink":          append([]string{"trace/internal/drops", "trace", "trace/internal/post", "internal/trouble"}, otelAPI...), // what trace/zipkin and trace/otlp have in common
	"trace/zipkin/internal/scribe": {"trace/internal/drops", "trace"},
	"trace/internal/drops":         nil,
	// stock alone imports the SDK and its exporter, so that embedders of trace/zipkin and proxy/config do not link them.
	"trace/zipkin/stock": append([]string{"trace", "trace/zipkin", "trace/internal/drops", "trace/internal/post",
		"go.opentelemetry.io/otel/exporters/zipkin", "go.opentelemetry.io/otel/sdk/"}, otelAPI...),
	"trace/internal/spantest":    append([]string{"trace", "internal/wire"}, otelAPI...), // for tests only
	"trace/tracetest":            append([]string{"trace", "trace/internal/spantest", "ctxhdr", "internal/wire", "github.com/google/go-cmp/"}, otelAPI...),
	"internal/collector":         {"internal/hostcheck"}, // browsers reach it, as they reach the admin server
	"router/balance":             {"internal/endpoint", "resolve"},
	"router/balance/balancetest": {"router/balance", "resolve"},
	"router/h1":                  {"internal/handshake", "internal/h1wire", "internal/httpx", "internal/relay", "internal/traffic", "internal/wire"},
	"router/ingress":             {"internal/ingresses", "router", "resolve", "resolve/k8s"}, // an identifier that embedders without Kubernetes do not link
	"router/stagetest":           {"router", "resolve", "resolve/resolvetest"},
	"router": append([]string{"internal/h2client", "internal/handshake", "internal/record", "internal/brief", "internal/timeout", "internal/histogram", "router/balance", "router/h1", "resolve", "trace", "ctxhdr", "internal/hopspan", "internal/httpx", "internal/inbound", "internal/limits", "internal/relay", "internal/routerview", "internal/traffic", "internal/traffic/tally", "internal/wire",
		"github.com/hashicorp/golang-lru/v2"}, otelAPI...),
	"proxy":                    append([]string{"internal/handshake", "internal/h1wire", "internal/timeout", "internal/histogram", "internal/hophandler", "internal/hopspan", "internal/httpx", "internal/inbound", "internal/record", "internal/relay", "internal/routerview", "internal/trouble", "internal/wire", "router", "resolve", "trace", "ctxhdr"}, otelAPI...),
	"proxy/h1":                 {"internal/h1wire", "internal/httpx", "internal/trouble"},                                                                                 // as serve
	"proxy/internal/h2":        {"internal/h1wire", "internal/h2wire", "internal/httpx", "internal/trouble", "golang.org/x/net/http2/hpack"},                              // as h1
	"proxy/serve":              {"internal/h1wire", "internal/handshake", "internal/httpx", "internal/traffic", "internal/traffic/tally", "internal/trouble", "proxy/h1"}, // it serves any handler, so it knows nothing of ours
	"proxy/internal/servetest": {"proxy/serve"},
	"proxy/internal/linkerd":   nil,
	"proxy/config": append([]string{"internal/certs", "internal/lint", "proxy/internal/dryrun", "trace/otlp", "internal/httpx", "internal/accesslog", "internal/dtabpos", "internal/hostcheck", "internal/hostaddr", "internal/k8sname", "internal/pathmatch", "internal/wire", "proxy/internal/linkerd", "proxy", "proxy/serve", "router", "router/balance", "router/ingress", "resolve", "resolve/", "trace", "trace/zipkin", "ctxhdr",
		"go.yaml.in/yaml/v4"}, otelAPI...),
	// dryrun stands before a handler, so that proxy links nothing of it.
	"proxy/internal/dryrun": {"internal/explain", "internal/hophandler", "internal/httpx", "internal/routerview", "internal/wire", "proxy", "router", "resolve"},
	"proxy/proxytest":       {"proxy/serve", "proxy/admin", "proxy/config", "router", "trace", "trace/tracetest"}, // router: the listeners of the mesh
	// routetest puts fakes into the table of kinds (config, resolve, resolvetest) and asks what it builds, or a
	// router that a program configures, through its handler (proxy, router). Nothing below proxy could do the first.
	"proxy/routetest": {"internal/hostaddr", "internal/wire", "proxy", "proxy/internal/linkerd", "proxy/config", "router", "resolve", "resolve/resolvetest", "ctxhdr"},
	// app is the whole program: only commands and examples import it. The stock engine is not here, so that a program that wants none of OpenTelemetry's SDK links none.
	"proxy/app": {"internal/certs", "internal/handshake", "internal/keydoc", "internal/explain", "internal/lint", "internal/loglevel", "internal/traffic/tally", "internal/trouble", "proxy/admin", "proxy/config", "proxy/serve", "router", "resolve", "resolve/", "trace", "internal/collector", "ctxhdr",
		"internal/helloworld", "golang.org/x/sync/errgroup"}, // helloworld: the services of the demo
	// dashboard is apart because admin's own pages are texts, and need none of it.
	"proxy/admin/internal/dashboard": append([]string{"internal/lostcontext", "ctxhdr", "internal/histogram", "internal/hophandler", "internal/record", "internal/routerview", "internal/wire", "proxy", "proxy/serve", "resolve", "router", "router/h1", "trace"}, otelAPI...),
	"proxy/admin/internal/statsd":    {"internal/histogram", "internal/trouble"},
	"proxy/admin":                    {"internal/certs", "internal/handshake", "proxy/admin/internal/dashboard", "proxy/admin/internal/statsd", "internal/lostcontext", "internal/loglevel", "internal/histogram", "internal/hophandler", "internal/hostcheck", "internal/wire", "proxy", "internal/explain", "proxy/serve", "router", "router/h1", "resolve", "internal/lint", "trace", "internal/traffic", "internal/traffic/tally", "github.com/prometheus/"},
}

// onlyIn holds imports to the packages that may have them.
var onlyIn = map[string]string{
	"go.opentelemetry.io/otel/sdk":              "trace/zipkin/stock/",
	"go.opentelemetry.io/otel/exporters/zipkin": "trace/zipkin/stock/",
	"go.yaml.in/yaml":                           "proxy/config/",
	"github.com/prometheus":                     "proxy/admin/",
	"github.com/fsnotify":                       "resolve/fs/ internal/certs/",
	"github.com/miekg/dns":                      "resolve/dnssrv/",
	"github.com/hashicorp/golang-lru":           "router/ internal/inbound/",
	"github.com/openzipkin":                     "internal/collector/", // a reference for its tests and those of trace/zipkin; no file but tests imports it
	"google.golang.org/protobuf":                "internal/collector/", // the same
}

func TestImportsPointDown(t *testing.T) {
	eachFile(t, func(name string, file *ast.File) {
		dir := path.Dir(name)
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if free(dir) || standard(imported) {
				continue
			}
			for prefix, place := range onlyIn {
				if strings.HasPrefix(imported, prefix) && !slices.ContainsFunc(strings.Fields(place), func(p string) bool { return strings.HasPrefix(name, p) }) {
					t.Errorf("%s imports %s, which stands only in %s", name, imported, place)
				}
			}
			own := strings.TrimPrefix(imported, module+"/")
			if !slices.ContainsFunc(mayImport[dir], func(allowed string) bool { return matches(allowed, own) }) {
				t.Errorf("%s imports %s, which package %s may not", name, imported, dir)
			}
		}
	})
}

// free says whether a package may import anything: the commands and examples.
func free(dir string) bool {
	return dir == "cmd" || strings.HasPrefix(dir, "cmd/") || dir == "examples" || strings.HasPrefix(dir, "examples/")
}

func standard(imported string) bool {
	first, _, _ := strings.Cut(imported, "/")
	return !strings.Contains(first, ".")
}

func matches(allowed, imported string) bool {
	if strings.HasSuffix(allowed, "/") {
		return strings.HasPrefix(imported, allowed)
	}
	return imported == allowed
}

func TestNoInitAndNoGlobals(t *testing.T) {
	eachFile(t, func(name string, file *ast.File) {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init function", name)
			}
		}
		for _, imported := range file.Imports {
			if imported.Path.Value == `"go.opentelemetry.io/otel"` {
				t.Errorf("%s imports the package of OpenTelemetry's globals", name)
			}
		}
	})
}

// TestOneErrorLog: what goes wrong in the background is told in one way, to a
// field ErrorLog *slog.Logger.
func TestOneErrorLog(t *testing.T) {
	eachFile(t, func(name string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			field, ok := n.(*ast.Field)
			if !ok || len(field.Names) != 1 || !field.Names[0].IsExported() {
				return true
			}
			what := field.Names[0].Name
			logger := types.ExprString(field.Type) == "*slog.Logger"
			if f, ok := field.Type.(*ast.FuncType); ok && f.Results == nil && len(f.Params.List) == 1 && types.ExprString(f.Params.List[0].Type) == "error" {
				t.Errorf("%s: the field %s is told of errors; it should be ErrorLog *slog.Logger", name, what)
			}
			if (what == "ErrorLog") != logger {
				t.Errorf("%s: the field %s is a %s", name, what, types.ExprString(field.Type))
			}
			return true
		})
	})
}

// TestJourney holds doc.go to the files that a request really goes through: each has the
// function, or the method of the stage, that doc.go names. That the stages of a router
// are those, in that order, is a test of package router.
func TestJourney(t *testing.T) {
	doc, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	steps := regexp.MustCompile(`(?m)^//\t *([a-z0-9/]+\.go) +(\w+) `).FindAllSubmatch(doc, -1)
	if len(steps) < 15 {
		t.Fatalf("doc.go names %d steps", len(steps))
	}
	for _, step := range steps {
		name, function := string(step[1]), string(step[2])
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Error(err)
			continue
		}
		if !slices.ContainsFunc(file.Decls, func(d ast.Decl) bool {
			switch d := d.(type) {
			case *ast.FuncDecl:
				return d.Name.Name == function
			case *ast.GenDecl:
				return slices.ContainsFunc(d.Specs, func(s ast.Spec) bool {
					t, ok := s.(*ast.TypeSpec)
					return ok && t.Name.Name == function
				})
			}
			return false
		}) {
			t.Errorf("%s has no %s", name, function)
		}
	}
}

// eachFile parses every Go file of the root module that is not a test.
func eachFile(t *testing.T, f func(name string, file *ast.File)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != "." && strings.HasPrefix(path.Base(name), ".") || name != "." && nested(name) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.FromSlash(name), nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		f(name, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// nested says whether the folder is a module of its own.
func nested(name string) bool {
	_, err := os.Stat(filepath.Join(name, "go.mod"))
	return err == nil
}
