package main

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
			"ok\n<stdin>:1:8: usage: has no effect: nothing is ever reported to anybody\n"},
		{"what cannot be built beside a warning", []string{"-"},
			"namers: [{kind: io.l5d.fs, rootDir: /does/not/exist}]\nrouters:\n- protocol: http\n  dtab: /svc => /#/io.l5d.fs | 2 * $\n  servers: [{port: 0}]\n", 1,
			"<stdin>:4:32: routers[0].dtab: warning: the weight in 2 * $ has no effect: nothing stands beside it to share with; join it to others by &, or leave the weight out [lone-weight]\n" +
				"<stdin>:1:10: namers[0]: fs: root directory: open /does/not/exist: no such file or directory\nmeshhop check: 1 wrong\n"},
		{"a kind that is none", []string{"-ignore", "loops", wrong}, "", 2,
			"invalid value \"loops\" for flag -ignore: there is no kind \"loops\"; there are [loop zero-weight lone-weight shadowed swallowed unreached unreachable no-route no-namer unknown-name not-checked]\n"},
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
