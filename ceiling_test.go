package meshhop_test

import (
	"os/exec"
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
		{"trace/collector", nil},
		{"trace", api},
		{"trace/zipkin", api},
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
