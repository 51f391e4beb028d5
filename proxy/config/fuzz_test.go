package config_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/proxy/config"
)

// FuzzLoad checks that no file makes Load panic, that errors are in order and
// have a place, and that what loads can be printed and loaded again.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(valid))
	f.Add([]byte(full))
	f.Add([]byte(`{"routers":[{"protocol":"http","servers":[{"port":"4140"}]}]}`))
	f.Add([]byte("a: &a [*a]\n<<: *a\n? [b]\n: !c d\n"))
	f.Add([]byte("namers:\n- kind: io.l5d.fs\n  rootDir: a\r\r\r\r\r\ro"))
	f.Add([]byte("dtab: |\n  /a => /b\n\tc\n"))
	files, err := filepath.Glob(fixtures + "linkerd-1.7.5/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkLoad(t, data) })
}

type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

func checkLoad(t failer, data []byte) {
	t.Helper()
	file, err := config.Load("f", data, config.Builtin())
	if err != nil {
		checkErrors(t, err, yamlLines(data))
		return
	}
	text := file.JSON()
	if !json.Valid(text) {
		t.Fatalf("not JSON: %s", text)
	}
	again, err := config.Load("f", text, config.Builtin())
	if err != nil {
		t.Fatalf("%s\ndoes not load: %v", text, err)
	}
	if !bytes.Equal(again.JSON(), text) {
		t.Fatalf("%s\nbecomes\n%s", text, again.JSON())
	}
	if len(again.Notices) != len(file.Notices) {
		t.Fatalf("notices %v become %v", file.Notices, again.Notices)
	}
}

// yamlLines counts lines as YAML does: a carriage return alone ends one, too,
// and so do the line breaks of Unicode.
func yamlLines(data []byte) int {
	lines := 1
	for _, end := range []string{"\n", "\r", "\u0085", "\u2028", "\u2029"} {
		lines += bytes.Count(data, []byte(end))
	}
	return lines
}

func checkErrors(t failer, err error, lines int) {
	t.Helper()
	var all config.Errors
	if !errors.As(err, &all) || len(all) == 0 {
		t.Fatalf("%T is no config.Errors, or an empty one", err)
	}
	last := config.Position{}
	for _, e := range all {
		at := e.Position
		if at.Line < last.Line || at.Line == last.Line && at.Column < last.Column || at.Line > lines+1 {
			t.Fatalf("%v comes after %v, of %d lines", at, last, lines)
		}
		if e.Reason == "" || at.File != "f" || strings.ContainsAny(e.Path, "\n\x1b") {
			t.Fatalf("%#v says too little", e)
		}
		last = at
	}
}

// TestLoadLaws checks the same for files that are nearly in order.
func TestLoadLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SampledFrom([]string{"admin", "ip", "port", "usage", "orgId", "namers", "kind", "rootDir", "prefix", "telemetry", "host", "sampleRate",
			"routers", "protocol", "label", "dtab", "servers", "identifier", "client", "loadBalancer", "failureAccrual", "backoff", "configs", "retries", "budget", "requeueBudget", "ttlSecs", "percentCanRetry", "responseClassifier", "interpreter", "transformers", "service", "pattern", "name", "path", "x"})
		leaf := rapid.SampledFrom([]any{"http", "io.l5d.fs", "io.l5d.zipkin", "io.l5d.port", "io.l5d.rewrite", "io.l5d.const", "io.l5d.static", "io.l5d.global", "io.l5d.http.retryableRead5XX", "constant", "io.l5d.specificHost", "/{a}-{b}", "/$/nope/x", "default", "p2c", "/svc => /#/io.l5d.fs | /$/inet/a/1", "/a", "0.0.0.0", 4140, 0, -1, 0.5, true, nil, "", "yes"})
		value := rapid.Deferred(func() *rapid.Generator[any] { return leaf })
		for range 3 {
			inner := value
			value = rapid.OneOf(leaf,
				rapid.Map(rapid.MapOfN(key, inner, 0, 5), func(m map[string]any) any { return m }),
				rapid.Map(rapid.SliceOfN(inner, 0, 3), func(s []any) any { return s }))
		}
		top := rapid.MapOfN(key, value, 1, 6).Draw(t, "file")
		if rapid.Bool().Draw(t, "with a router") {
			top["routers"] = []any{map[string]any{"protocol": "http", "servers": []any{map[string]any{"port": 1}}, "x": value.Draw(t, "x")}}
		}
		data, err := json.Marshal(top)
		if err != nil {
			t.Fatal(err)
		}
		checkLoad(t, data)
	})
}
