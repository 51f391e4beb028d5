package config_test

import (
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/config"
)

// TestNotYAML is about files that cannot be read at all: the message names the
// line and the way out.
func TestNotYAML(t *testing.T) {
	for _, row := range []struct {
		name string
		in   string
		want string // a prefix where it ends in "..."
	}{
		{"walkthrough 2.2: the telemeter as it was printed",
			"telemetry:\n- kind: io.l5d.zipkin\n    host: zipkin-collector.default.svc.cluster.local\n    port: 9410\n    sampleRate: 1.0\n",
			`3:5: "host" is indented by 4, deeper than "kind" in line 2, which has a value already; indent it by 2, to stand below "kind"`},
		{"the same, with a comment between",
			"admin:\n  ip: 127.0.0.1\n\n  # the port\n    port: 9990\n",
			`5:5: "port" is indented by 4, deeper than "ip" in line 2, which has a value already; indent it by 2, to stand below "ip"`},
		{"two keys in a line", "admin: port: 1\n", `1:12: a second ": " makes no sense here; put the value in quotes`},
		{"tab instead of spaces", "admin:\n\tport: 1\n", "2:1: the line is indented with a tab; YAML indents with spaces only"},
		{"tab after spaces", "admin:\n  ip: 1\n \tport: 1\n", "3:2: the line is indented with a tab; YAML indents with spaces only"},
		{"between two columns", "routers:\n- protocol: http\n label: x\n",
			"3:2: the line is indented by 1, which fits no line above it (they have 2, 0)"},
		{"less than the first", "admin:\n    ip: 127.0.0.1\n  port: 9990\n",
			"3:3: the line is indented by 2, which fits no line above it (they have 4, 0)"},
		{"open quote", "admin:\n  ip: '127.0.0.1\n  port: 1\n", "2:7: a quote is opened here and never closed"},
		{"open bracket", "routers: [{protocol: http}\nadmin: {}\n", "2:1: not YAML: did not find expected ',' or ']' (while parsing a flow sequence that begins in line 1)"},
		{"key without colon", "admin:\n- b\nc\n", "3:1: the line is neither a key with its colon, nor indented so that it belongs to the line above"},
		{"block that is not indented", valid + "  dtab: |\n  /svc => /host;\n", `6:3: the text of "dtab" in line 5 must be indented by more than 2`},
		{"unknown alias", "admin: *a\n", "1:8: not YAML: unknown anchor 'a' referenced"},
		{"alias to itself", "admin: &a {ip: *a}\n" + valid, "1:16: admin.ip: the alias *a is inside the value that it refers to"},
		{"merge key", "admin:\n  <<: {port: 1}\n" + valid, "2:3: admin.<<: merge keys are not supported; write the keys out"},
		{"key that is no word", "? [a]\n: b\n" + valid, "1:3: a key must be a word"},
		{"tag", "admin: {port: !secret x}\n" + valid, `1:15: admin.port: the tag "!secret" is not supported`},
		{"two documents", valid + "---\n" + valid, "5:1: a second document begins here; a configuration is one document"},
		{"manifest", "# Linkerd\n---\napiVersion: v1\nkind: ConfigMap\n---\na: b\n",
			"3:1: apiVersion: this is a Kubernetes manifest; the configuration is the text below data: config.yaml: of its ConfigMap, which meshhop check finds there"},
		{"empty", "", "1:1: the file is empty; a configuration needs at least routers"},
		{"only a comment", "# nothing\n", "1:1: the file is empty; a configuration needs at least routers"},
		{"a list", "- routers\n", "1:1: a configuration is a group of keys such as routers, not a list"},
		{"no space after the colon", "routers:x\n", "1:1: a configuration is a group of keys such as routers, not a single value"},
		{"nothing", "~\n", "1:1: a configuration is a group of keys such as routers, not nothing"},
		{"not UTF-8", "admin: \xc3\x28\n", "1:8: the file is not UTF-8 text"},
		{"UTF-16", "\xff\xfea\x00", "1:1: the file is not UTF-8 text"},
		{"control character", "admin:\n  ip: \"\x1b[31m\"\n", "2:8: a control character ('\\x1b') cannot stand in a configuration"},
		{"JSON with two errors in it", `{"routers": [{"protocol": "http", "servers": [{"prot": 1}]}` + "\n", "2:1: not YAML: ..."},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := config.Load("f", []byte(row.in), config.Builtin())
			got := lines(err)
			if prefix, ok := strings.CutSuffix(row.want, "..."); ok && len(got) > 0 && strings.HasPrefix(got[0], prefix) {
				return
			}
			expectLines(t, []string{row.want}, got...)
		})
	}
}

// TestBounds is about files that are made to exhaust their reader.
func TestBounds(t *testing.T) {
	var bomb strings.Builder
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 9 {
		name, last := string(rune('b'+i)), string(rune('a'+i))
		if i == 0 {
			last = "a0"
		}
		bomb.WriteString(name + ": &" + name + " [*" + last + strings.Repeat(", *"+last, 9) + "]\n")
	}
	for _, row := range []struct {
		name string
		in   string
		want string
	}{
		{"long", "# " + strings.Repeat("x", 1<<20), "f: the file is longer than 1 MiB"},
		{"deep", strings.Repeat("[", 5000) + strings.Repeat("]", 5000), "nested more than 100 levels deep"},
		{"too deep for the YAML library", strings.Repeat("[", 20000), "depth"},
		{"deep in a key", "admin: " + strings.Repeat("{a: ", 200) + strings.Repeat("}", 200), "nested more than 100 levels deep"},
		{"many", "admin: [" + strings.Repeat("1,", 100_001) + "]", "more than 100000 values"},
		{"alias bomb", bomb.String(), "more than 100000 values"},
		{"many errors", strings.Repeat("x: 1\n", 50_000), "too many errors; this one and others are not listed"},
		{"long key", strings.Repeat("x", 100_000) + ": 1\n" + valid, `"` + strings.Repeat("x", 60) + `...": unknown key`},
		{"long value", "admin: {ip: " + strings.Repeat("x", 100_000) + "}\n" + valid, `not "` + strings.Repeat("x", 60) + `..."`},
		{"long dtab", valid + "  dtab: /a => /" + strings.Repeat("b/", 10_000) + "}\n", "found at '"},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := config.Load("f", []byte(row.in), config.Builtin())
			if err == nil {
				t.Fatal("no error")
			}
			if text := err.Error(); !strings.Contains(text, row.want) || len(text) > 20_000 {
				t.Errorf("got %d bytes %.300q, want %q in it", len(text), text, row.want)
			}
		})
	}
}
