package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/config"
)

// TestLintTLS: a prefix with tls that can match nothing is told, with what is wrong, and one
// that may match is not.
func TestLintTLS(t *testing.T) {
	const (
		fs   = "namers: [{kind: io.l5d.fs, rootDir: .}]\n"
		k8s  = "namers: [{kind: io.l5d.k8s, prefix: /k, transformers: [{kind: io.l5d.port, port: 4141}]}, {kind: io.l5d.k8s}]\n"
		port = "  interpreter: {kind: default, transformers: [{kind: io.l5d.port, port: 4141}]}\n"
	)
	const tell = "matches nothing that the dtab leads to, so that traffic goes out in the clear; "
	for _, row := range []struct {
		name, namers, router, prefix string
		want                         string // the advice; empty: there is no finding
	}{
		{"a namer", fs, "  dtab: /svc => /#/io.l5d.fs\n", "/#/io.l5d.fs/{service}", ""},
		{"any namer", fs, "  dtab: /svc => /#/io.l5d.fs\n", "/#/*/{service}", ""},
		{"everything", fs, "  dtab: /svc => /#/io.l5d.fs\n", "/", ""},
		{"a slip", fs, "  dtab: /svc => /#/io.l5d.fs\n", "/#/io.l5d.sf/{service}", "begin it as the dtab does, such as /#/io.l5d.fs"},
		{"without the mark", fs, "  dtab: /svc => /#/io.l5d.fs\n", "/io.l5d.fs/{service}", "begin it as the dtab does, such as /#/io.l5d.fs"},
		{"the name of the service", fs, "  dtab: /svc => /#/io.l5d.fs\n", "/svc/{service}", "begin it as the dtab does, such as /#/io.l5d.fs"},
		{"another name", fs, "  dtab: /svc => /#/io.l5d.fs/bill\n", "/#/io.l5d.fs/ted", "begin it as the dtab does, such as /#/io.l5d.fs/bill"},
		{"an alternate", fs, "  dtab: /svc => /$/inet/127.1/1 & /#/io.l5d.fs\n", "/#/io.l5d.fs/ted", ""},
		{"no transformer", fs, "  dtab: /svc => /#/io.l5d.fs\n", "/%/io.l5d.port/4141/#/io.l5d.fs", "begin it as the dtab does, such as /#/io.l5d.fs"},
		{"a transformer", fs, port + "  dtab: /svc => /#/io.l5d.fs\n", "/%/io.l5d.port/4141/#/io.l5d.fs/{s}", ""},
		{"a transformer is left out", fs, port + "  dtab: /svc => /#/io.l5d.fs\n", "/#/io.l5d.fs/{s}", "transformers are a part of it: begin it with /%/io.l5d.port/4141/#/io.l5d.fs"},
		{"a transformer with another port", fs, port + "  dtab: /svc => /#/io.l5d.fs\n", "/%/io.l5d.port/4140/#/io.l5d.fs/{s}", "begin it as the dtab does, such as /%/io.l5d.port/4141/#/io.l5d.fs"},
		{"a transformer of a namer", k8s, "  dtab: /svc => /#/k/default/http\n", "/%/io.l5d.port/4141/#/k/default/http/{s}", ""},
		{"a transformer of a namer is left out", k8s, "  dtab: /svc => /#/k/default/http\n", "/#/k/default/http/{s}", "transformers are a part of it: begin it with /%/io.l5d.port/4141/#/k/default/http"},
		{"a namer in lower case", k8s, "  dtab: /svc => /#/io.l5d.k8s/Default/http\n", "/#/io.l5d.k8s/default/http/{s}", ""},
		{"a transformer that goes elsewhere", fs, "  interpreter: {kind: default, transformers: [{kind: io.l5d.const, path: /$/inet/127.1/1}]}\n  dtab: /svc => /#/io.l5d.fs\n", "/#/x", ""},
		{"an address", fs, "  dtab: /svc => /$/inet/127.1\n", "/$/inet/{host}/443", ""},
		{"a port of any host", fs, "  dtab: /ph => /$/io.buoyant.rinet; /svc => /ph/80; /svc => /$/io.buoyant.porthostPfx/ph\n", "/$/io.buoyant.rinet/443/{host}", ""},
		{"an address that is another", fs, "  dtab: /ph => /$/io.buoyant.rinet; /svc => /ph/80; /svc => /$/io.buoyant.porthostPfx/ph\n", "/$/inet/443/{host}", "begin it as the dtab does, such as /$/io.buoyant.rinet"},
		{"what a utility leads to", fs, "  dtab: /svc => /$/io.buoyant.http.domainToPathPfx/#/io.l5d.fs\n", "/#/x", ""},
		{"what a request names", fs, "  dtab: /svc => /\n", "/#/x", ""},
		{"a namer that leads on", "namers: [{kind: io.l5d.rewrite, prefix: /r, pattern: '/{a}', name: '/#/io.l5d.fs/{a}'}, {kind: io.l5d.fs, rootDir: .}]\n", "  dtab: /svc => /#/r\n", "/#/x", ""},
		{"another interpreter", fs, "  interpreter: {kind: io.l5d.fs, dtabFile: x}\n", "/#/x", ""},
		{"nothing", fs, "  dtab: /svc => /$/nil\n", "/#/x", "begin it as the dtab does, such as /$/nil"},
		{"no dtab", fs, "", "/#/x", "delete the block, or correct the dtab"},
	} {
		t.Run(row.name, func(t *testing.T) {
			text := row.namers + valid + row.router + "  client:\n    kind: io.l5d.static\n    configs:\n    - prefix: '/never'\n      tls: {enabled: false}\n    - prefix: '" + row.prefix + "'\n      tls: {commonName: a}\n"
			got := ""
			for _, f := range findings(t, text) {
				if strings.HasSuffix(f, "[plain-traffic]") {
					got += f
				}
			}
			if row.want == "" && got != "" || row.want != "" && !strings.HasSuffix(got, "routers[0].client.configs[1].tls: warning: the prefix "+row.prefix+" "+tell+row.want+" [plain-traffic]") {
				t.Errorf("%s\nwant %s", got, row.want)
			}
		})
	}
}

// TestLintTLSOfOthers: nothing is told of the configurations of others, which are right, and
// everything where a mark of transformers stands before their prefixes.
func TestLintTLSOfOthers(t *testing.T) {
	files, err := filepath.Glob(fixtures + "corpus/*")
	if err != nil || len(files) == 0 {
		t.Skipf("NOT TESTED: the configurations of others are not at %scorpus", fixtures)
	}
	inPod(t)
	wrong := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range config.Check(t.Context(), filepath.Base(file), data, config.Builtin(), nil) {
			if f.Kind == "plain-traffic" {
				t.Error(f)
			}
		}
		broken := strings.NewReplacer(`prefix: "/#/`, `prefix: "/%/x/#/`, `prefix: "/$/`, `prefix: "/%/x/$/`, `prefix: /$/`, `prefix: /%/x/$/`).Replace(string(data))
		for _, f := range config.Check(t.Context(), filepath.Base(file), []byte(broken), config.Builtin(), nil) {
			if f.Kind == "plain-traffic" {
				wrong++
			}
		}
	}
	if want := 5; wrong < want {
		t.Errorf("%d prefixes that are wrong are told, want %d", wrong, want)
	}
}
