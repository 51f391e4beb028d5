package config_test

import (
	"errors"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/meshhop/meshhop/proxy/config"
)

// TestLongValuesAreCut: whatever stands at a key, what is said about it is a
// line that fits a terminal a few times, not the value itself.
func TestLongValuesAreCut(t *testing.T) {
	documents := []string{`
admin: {ip: 127.0.0.1, port: 1, shutdownGraceMs: 1, workerThreads: 1, hosts: [a]}
usage: {orgId: x, enabled: false}
telemetry: [{kind: io.l5d.zipkin, host: h, port: 1, sampleRate: 0.5, engine: native}, {kind: io.l5d.tracelog, level: INFO}]
namers: [{kind: io.l5d.fs, rootDir: d, prefix: p}, {kind: io.l5d.rewrite, prefix: q, pattern: /a, name: /b}]
routers:
- protocol: http
  label: l
  dtab: /svc => /a
  identifier: {kind: io.l5d.path, segments: 1, consume: true}
  client: {kind: io.l5d.static, configs: [{prefix: /a, failFast: false, loadBalancer: {kind: p2c, maxEffort: 5}, hostConnectionPool: {maxSize: 1}, requeueBudget: {percentCanRetry: 0.1}}]}
  service: {retries: {budget: {ttlSecs: 1}, backoff: {kind: jittered, minMs: 1, maxMs: 2}}, responseClassifier: {kind: io.l5d.http.allSuccessful}}
  tracePropagator: {kind: io.l5d.default}
  servers: [{port: 2, ip: 0.0.0.0, clearContext: true, serverSession: {idleTimeMs: 1}}]
`}
	const long, most = 4_000, 1000
	said := 0
	for _, document := range documents {
		var root yaml.Node
		if err := yaml.Load([]byte(document), &root); err != nil {
			t.Fatal(err)
		}
		for _, scalar := range scalars(&root) {
			was, tag, style := scalar.Value, scalar.Tag, scalar.Style
			for _, value := range []string{
				strings.Repeat("9", long), "-" + strings.Repeat("9", long), "0." + strings.Repeat("9", long), strings.Repeat("x", long), "/" + strings.Repeat("x", long),
				"/" + strings.Repeat("x/", long/2), "/svc => /" + strings.Repeat("x", long) + " /;", strings.Repeat("a.", long/2), "http://" + strings.Repeat("x", long),
				strings.Repeat("9", long) + ":80", "h:" + strings.Repeat("9", long), strings.Repeat("\x01", long), "/$/" + strings.Repeat("x", long),
				"io.l5d." + strings.Repeat("x", long), strings.Repeat(" ", long), "{" + strings.Repeat("x", long),
			} {
				scalar.Value, scalar.Tag, scalar.Style = value, "", 0
				data, err := yaml.Dump(&root)
				if err != nil {
					continue // what this library cannot write nobody will have written with it
				}
				file, err := config.Load("f", data, config.Builtin())
				if err == nil {
					for _, n := range file.Notices {
						said++
						if text := n.String(); len(text) > most {
							t.Fatalf("%q is now %.40q: a notice of %d bytes: %.300s", was, value, len(text), text)
						}
					}
				}
				var all config.Errors
				errors.As(err, &all)
				for _, one := range all {
					said++
					if text := one.Error(); len(text) > most {
						t.Fatalf("%q is now %.40q: an error of %d bytes: %.300s", was, value, len(text), text)
					}
				}
			}
			scalar.Value, scalar.Tag, scalar.Style = was, tag, style
		}
	}
	if said == 0 {
		t.Error("nothing was wrong with anything")
	}
}

// scalars are all values that are text, keys included.
func scalars(n *yaml.Node) (all []*yaml.Node) {
	if n.Kind == yaml.ScalarNode {
		return []*yaml.Node{n}
	}
	for _, sub := range n.Content {
		all = append(all, scalars(sub)...)
	}
	return all
}
