package app

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCheckFindings runs the command as one would, in all of its ways.
func TestCheckFindings(t *testing.T) {
	const wrong, warnings = "testdata/check/wrong.yaml", "testdata/check/warnings.yaml"
	for _, test := range []struct {
		name   string
		args   []string
		stdin  string
		status int
		want   string // a file, or the output itself
	}{
		{"errors", []string{wrong}, "", 1, "testdata/check/wrong.txt"},
		{"errors, strictly", []string{"-strict", wrong}, "", 1, "testdata/check/wrong.txt"},
		{"warnings", []string{warnings}, "", 0, "testdata/check/warnings.txt"},
		{"warnings, strictly", []string{"-strict", warnings}, "", 1, "testdata/check/strict.txt"},
		{"warnings that are ignored", []string{"-strict", "-ignore", "unreachable, shadowed", warnings}, "", 0, "ok\n"},
		{"a notice is no warning", []string{"-strict", "-"}, "usage: {}\nrouters: [{protocol: http, servers: [{port: 0}]}]\n", 0,
			"ok\n<stdin>:1:8: usage: has no effect: usage is never reported\n"},
		{"what cannot be built beside a warning", []string{"-"},
			"namers: [{kind: io.l5d.fs, rootDir: /does/not/exist}]\nrouters:\n- protocol: http\n  dtab: /svc => /#/io.l5d.fs | 2 * $\n  servers: [{port: 0}]\n", 1,
			"<stdin>:1:10: namers[0]: fs: root directory: open /does/not/exist: no such file or directory\n" +
				"<stdin>:4:32: routers[0].dtab: warning: the weight in 2 * $ has no effect: nothing stands beside it to share with; join it to others by &, or leave the weight out [lone-weight]\nmeshhop check: 1 wrong\n"},
		{"without the disk", []string{"-no-disk", "-"},
			"namers: [{kind: io.l5d.fs, rootDir: /does/not/exist}]\nrouters: [{protocol: http, dtab: /svc => /#/io.l5d.fs, servers: [{port: 0}]}]\n", 0, "ok\n"},
		{"several files", []string{"-", warnings, "testdata/check/none.yaml", "-ignore", "unreachable,shadowed"}, "routers: [{protocol: http, servers: [{port: 0, prot: 1}]}]\n", 1,
			"<stdin>: 1 wrong\ntestdata/check/warnings.yaml: ok\ntestdata/check/none.yaml: 1 wrong\n" +
				"<stdin>:1:48: routers[0].servers[0].prot: unknown key (did you mean \"port\"?)\nopen testdata/check/none.yaml: no such file or directory\nmeshhop check: 2 wrong\n"},
		{"a manifest", []string{"-"}, "apiVersion: v1\nkind: ConfigMap\ndata:\n  config.yaml: |\n    routers:\n    - protocol: http\n      sevrers: 1\n      servers: [{port: 0}]\n", 1,
			"<stdin>:7:7: routers[0].sevrers: unknown key (did you mean \"servers\"?)\nmeshhop check: 1 wrong\n"},
		{"a manifest without a configuration", []string{"-"}, "apiVersion: v1\nkind: Pod\n", 1,
			"<stdin>: no ConfigMap of the manifest has a configuration in its data: a text with the key routers\nmeshhop check: 1 wrong\n"},
		{"a kind that is none", []string{"-ignore", "loops", wrong}, "", 2,
			"invalid value \"loops\" for flag -ignore: there is no kind \"loops\"; there are [loop zero-weight lone-weight shadowed swallowed unreached unreachable no-route no-namer unknown-name plain-traffic not-checked]\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			want := test.want
			if strings.HasPrefix(want, "testdata/") {
				data, err := os.ReadFile(want)
				if err != nil {
					t.Fatal(err)
				}
				want = string(data)
			}
			status, out, errors := runToEnd(t, test.stdin, append([]string{"check"}, test.args...)...)
			got, _, _ := strings.Cut(out+errors, "usage: meshhop")
			if diff := cmp.Diff(want, got); diff != "" || status != test.status {
				t.Errorf("status %d, want %d (-want +got):\n%s", status, test.status, diff)
			}
		})
	}
}

// TestRunTellsFindings: a file whose dtab is wrong runs all the same, as in
// Linkerd, and says so.
func TestRunTellsFindings(t *testing.T) {
	p := start(t, "run", write(t, "admin: {port: 0}\nrouters:\n- protocol: http\n  dtab: /svc => /svc\n  servers: [{port: 0}]\n"))
	if got := p.err.String(); !strings.Contains(got, "linkerd.yaml:4:17: routers[0].dtab: error: names below /svc are rewritten for ever: /svc => /svc; ") {
		t.Errorf("it says %q", got)
	}
}

// TestRunByFile: the binary takes a file as its first word, as Linkerd does, and a
// manifest with one configuration.
func TestRunByFile(t *testing.T) {
	const configuration = "admin: {port: 0}\nrouters: [{protocol: http, servers: [{port: 0}]}]\n"
	for name, args := range map[string][]string{
		"file":     {write(t, configuration)},
		"manifest": {"run", write(t, "apiVersion: v1\nkind: ConfigMap\ndata:\n  config.yaml: |\n    "+strings.ReplaceAll(configuration, "\n", "\n    ")+"\n")},
	} {
		if p := start(t, args...); !strings.Contains(p.out.String(), "router http") {
			t.Errorf("%s: it says %q", name, p.out.String())
		}
	}
	two := write(t, strings.Repeat("---\nkind: ConfigMap\napiVersion: v1\ndata: {c: \"routers: []\"}\n", 2))
	if status, _, errors := runToEnd(t, "", "run", two); status != 1 || !strings.Contains(errors, "has 2 configurations; put the one that is meant into a file of its own") {
		t.Errorf("two in one manifest: status %d, %q", status, errors)
	}
}

// TestWordsOfHelp: what every newcomer tries.
func TestWordsOfHelp(t *testing.T) {
	for _, row := range []struct {
		args   string
		status int
		want   string
	}{
		{"-h", 0, `a FILE may be "-"`},
		{"--help", 0, `a FILE may be "-"`},
		{"--version", 0, "meshhop devel"},
		{"-version", 0, "meshhop devel"},
		{"check -h", 0, `"-" is`},
		{"check", 2, "usage: meshhop check [flags] FILE..."},
		{"run a b", 2, "usage: meshhop run"},
		{"chekc", 2, `unknown command "chekc"`},
		{"no-such.yaml", 1, "meshhop run: open no-such.yaml: no such file or directory"},
	} {
		status, out, errors := runToEnd(t, "", strings.Fields(row.args)...)
		if status != row.status || !strings.Contains(out+errors, row.want) {
			t.Errorf("meshhop %s: status %d\n%s%s", row.args, status, out, errors)
		}
	}
}

// TestTheDemoIsInOrder: nothing is wrong with what we show.
func TestTheDemoIsInOrder(t *testing.T) {
	d := demo{disco: t.TempDir(), addr: map[string]string{
		"outgoing": "127.0.0.1:4140", "incoming": "127.0.0.1:4141", "admin": "127.0.0.1:9990", "zipkin": "127.0.0.1:9411",
	}}
	status, out, errors := runToEnd(t, d.yaml(), "check", "-strict", "-")
	if status != 0 || out != "ok\n" || errors != "" {
		t.Errorf("status %d\n%s%s", status, out, errors)
	}
}
