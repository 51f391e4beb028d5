package config_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
)

// clients are routers, each with one of the keys of a client on a line.
func clients(keys ...string) string {
	var b strings.Builder
	for i, key := range keys {
		fmt.Fprintf(&b, "- {client: {%s}, label: r%d, protocol: http, servers: [{port: %d}]}\n", key, i, 5000+i)
	}
	return b.String()
}

// services are routers, each with keys of a service on a line.
func services(keys ...string) string {
	var b strings.Builder
	for i, key := range keys {
		fmt.Fprintf(&b, "- {service: {%s}, label: s%d, protocol: http, servers: [{port: %d}]}\n", key, i, 6000+i)
	}
	return b.String()
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// build makes a mesh, which is closed with the test.
func build(t *testing.T, text string, kinds config.Kinds, options config.BuildOptions) *config.Mesh {
	t.Helper()
	file, err := config.Load("f", []byte(text), kinds)
	if err != nil {
		t.Fatal(err)
	}
	mesh, err := file.Build(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := mesh.Close(within(t, 5*time.Second)); err != nil {
			t.Error(err)
		}
	})
	return mesh
}

// withKinds writes the kinds that the table has in place of {namers} and the
// like, so that a new kind changes no expectation.
func withKinds(lines []string) []string {
	kinds := config.Builtin()
	r := strings.NewReplacer(
		"{namers}", keys(kinds.Namers),
		"{identifiers}", keys(kinds.Identifiers),
		"{interpreters}", keys(kinds.Interpreters),
		"{transformers}", keys(kinds.Transformers),
		"{telemeters}", keys(kinds.Telemeters),
		"{balancers}", keys(kinds.Balancers),
		"{accruals}", keys(kinds.FailureAccruals),
		"{backoffs}", keys(kinds.Backoffs),
		"{classifiers}", keys(kinds.Classifiers),
		"{propagators}", keys(kinds.Propagators),
	)
	var out []string
	for _, line := range lines {
		out = append(out, r.Replace(line))
	}
	return out
}

func keys[T any](table map[string]T) string {
	return strings.Join(slices.Sorted(maps.Keys(table)), ", ")
}
