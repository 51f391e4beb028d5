package meshhop_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestWhatEmbeddersLink: who imports one of these packages links no more modules
// than this, and never what only some other user of the project wants.
func TestWhatEmbeddersLink(t *testing.T) {
	const (
		otel  = "go.opentelemetry.io/otel" // the API and what it brings along
		trace = "go.opentelemetry.io/otel/trace"
		hash  = "github.com/cespare/xxhash/v2"
	)
	api := []string{otel, trace, hash}
	routing := append([]string{"github.com/hashicorp/golang-lru/v2"}, api...)
	files := append([]string{
		"go.yaml.in/yaml/v4", "github.com/fsnotify/fsnotify", "golang.org/x/sys",
		"github.com/miekg/dns", "golang.org/x/net",
	}, routing...)
	for _, row := range []struct {
		pkg  string
		most []string // modules beside the project's own
	}{
		{"ctxhdr", nil},
		{"resolve", nil},
		{"router/h1", nil},
		{"internal/collector", nil},
		{"trace", api},
		{"trace/zipkin", api},
		{"trace/otlp", api},
		{"router", routing},
		{"proxy", routing},
		{"proxy/config", files},
		{"proxy/app", append([]string{
			"golang.org/x/sync",
			"github.com/prometheus/client_golang", "github.com/prometheus/client_model", "github.com/prometheus/common", "github.com/prometheus/procfs",
			"github.com/beorn7/perks", "github.com/munnerz/goautoneg", "google.golang.org/protobuf", // what it brings along
		}, files...)},
	} {
		t.Run(row.pkg, func(t *testing.T) {
			t.Parallel()
			out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}} {{with .Module}}{{.Path}}{{end}}{{end}}", module+"/"+row.pkg).Output()
			if err != nil {
				t.Fatal(err)
			}
			var modules []string
			for line := range strings.Lines(string(out)) {
				pkg, of, _ := strings.Cut(strings.TrimSpace(line), " ")
				for _, never := range []string{"go.opentelemetry.io/otel/sdk", "go.opentelemetry.io/otel/exporters", "github.com/prometheus/"} {
					if strings.HasPrefix(pkg, never) && !(never == "github.com/prometheus/" && row.pkg == "proxy/app") {
						t.Errorf("%s links %s", row.pkg, pkg)
					}
				}
				if of != module && !slices.Contains(modules, of) {
					modules = append(modules, of)
				}
			}
			for _, m := range modules {
				if !slices.Contains(row.most, m) {
					t.Errorf("%s links module %s", row.pkg, m)
				}
			}
			t.Logf("%d modules of %d", len(modules), len(row.most))
			if len(modules) < len(row.most) {
				t.Errorf("%s links only %v: the ceiling can come down from %v", row.pkg, modules, row.most)
			}
		})
	}
}

// TestWhatEmbeddersPay: a program that embeds one of these packages is no larger
// than this, beyond what net/http takes. The sizes are those of linux/amd64; other
// systems print theirs.
func TestWhatEmbeddersPay(t *testing.T) {
	if testing.Short() {
		t.Skip("builds five programs")
	}
	const bare = `http.ListenAndServe("", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { http.Get("") }))`
	dir := t.TempDir()
	net := build(t, dir, "bare", "", bare)
	t.Logf("%-14s %9d bytes", "net/http", net)
	for _, row := range []struct {
		name    string
		imports string
		main    string
		most    int64
	}{
		{"ctxhdr", `"github.com/meshhop/meshhop/ctxhdr"`,
			`http.DefaultClient.Transport = ctxhdr.Transport(nil)
			http.DefaultServeMux.Handle("/", ctxhdr.Middleware(http.NotFoundHandler()))`, 88 << 10},
		{"router", `"github.com/meshhop/meshhop/router"; "github.com/meshhop/meshhop/resolve/utilities"`,
			`rt, err := router.New(router.Config{Interpreter: utilities.Interpreter(utilities.Config{})})
			if err != nil {
				panic(err)
			}
			http.DefaultClient.Transport = rt`, 2400 << 10},
		{"proxy", `"github.com/meshhop/meshhop/proxy"; "github.com/meshhop/meshhop/router"; "github.com/meshhop/meshhop/resolve/utilities"`,
			`rt, err := router.New(router.Config{Interpreter: utilities.Interpreter(utilities.Config{})})
			if err != nil {
				panic(err)
			}
			h, err := proxy.New(proxy.Config{Router: rt})
			if err != nil {
				panic(err)
			}
			http.DefaultServeMux.Handle("/", h)`, 2700 << 10},
		{"trace/zipkin", `"github.com/meshhop/meshhop/trace"; "github.com/meshhop/meshhop/trace/zipkin"`,
			`sink, err := zipkin.New(zipkin.Config{})
			if err != nil {
				panic(err)
			}
			provider, err := trace.NewProvider(trace.ProviderConfig{Sink: sink})
			if err != nil {
				panic(err)
			}
			_, span := provider.Tracer("").Start(nil, "")
			span.End()`, 950 << 10},
	} {
		more := build(t, dir, strings.ReplaceAll(row.name, "/", "-"), row.imports, row.main+"\n"+bare) - net
		t.Logf("%-14s %9d bytes more, of %d", row.name, more, row.most)
		if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
			continue
		}
		if more > row.most {
			t.Errorf("%s adds %d bytes to a program, more than %d", row.name, more, row.most)
		}
		if more < row.most*3/4 {
			t.Errorf("%s adds %d bytes to a program: the ceiling can come down from %d", row.name, more, row.most)
		}
	}
}

// build builds a program and returns its size.
func build(t *testing.T, dir, name, imports, main string) int64 {
	t.Helper()
	file, out := filepath.Join(dir, name+".go"), filepath.Join(dir, name)
	source := "package main\n\nimport (\n\"net/http\"\n" + strings.ReplaceAll(imports, "; ", "\n") + "\n)\n\nfunc main() {\n" + main + "\n}\n"
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, file).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	info, err := os.Stat(out)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}
