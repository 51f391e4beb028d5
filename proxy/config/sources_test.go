package config_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/config"
)

// TestSources: configurations are found where Kubernetes and Marathon have them,
// and errors in a ConfigMap's text point into the manifest.
func TestSources(t *testing.T) {
	const configuration = "routers:\n- protocol: http\n  sevrers: []\n  servers: [{port: 4140}]\n"
	const wrong = "routers[0].sevrers: unknown key (did you mean \"servers\"?)"
	for _, row := range []struct {
		name, in string
		want     []string
	}{
		{"the file itself", configuration, []string{"f:3:3: " + wrong}},
		{"a broken file is itself", "routers: [", []string{"f:2:1: not YAML"}},
		{"nothing", "", []string{"f:1:1: the file is empty; a configuration needs at least routers"}},
		{"a ConfigMap", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: l5d-config\ndata:\n  other: x\n  config.yaml: |-\n" + indented(configuration, "    "),
			[]string{"f:10:7: " + wrong}},
		{"a manifest with two of them, and more", "---\napiVersion: v1\nkind: Service\nspec: {ports: []}\n---\napiVersion: v1\nkind: ConfigMap\ndata:\n  a.yaml: |\n" + indented(configuration, "    ") +
			"---\nkind: ConfigMap\napiVersion: v1\ndata:\n    linkerd.yml: |+\n" + indented(configuration, "         ") + "\n\n",
			[]string{"f:12:7: " + wrong, "f:21:12: " + wrong}},
		{"a list of manifests, as kubectl prints it", `{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"ConfigMap","data":{"x/y.yaml":"` +
			strings.ReplaceAll(configuration, "\n", `\n`) + `"}}]}`,
			[]string{"f#/items/0/data/x~1y.yaml:3:3: " + wrong}},
		{"a folded text", "kind: ConfigMap\napiVersion: v1\ndata:\n  c: >\n    {\"routers\": [{\"protocol\": \"http\",\n    \"prot\": 1, \"servers\": [{\"port\": 0}]}]}\n",
			[]string{"f#/data/c:1:35: routers[0].prot: unknown key"}},
		{"a text with an error in its syntax", "kind: ConfigMap\napiVersion: v1\ndata:\n  c: |\n    routers:\n    - protocol: http\n       servers: 1\n",
			[]string{"f:7:8: \"servers\" is indented"}},
		{"a manifest without one", "apiVersion: v1\nkind: Service\n", []string{"f: no ConfigMap of the manifest has a configuration in its data"}},
		{"namerd's ConfigMap", "apiVersion: v1\nkind: ConfigMap\ndata: {c: \"storage: {kind: x}\"}\n", []string{"f: no ConfigMap of the manifest has a configuration in its data"}},
		{"Marathon, by echo", `{"id":"linkerd","cmd":"echo \"{\\\"routers\\\":[{\\\"protocol\\\":\\\"http\\\",\\\"sevrers\\\":1,\\\"servers\\\":[{\\\"port\\\":1}],\\\"dtab\\\":\\\"/svc=>/\\$/inet/a/1;\\\"}]}\" | ./linkerd -- -"}`,
			[]string{"f#/cmd:1:32: " + wrong}},
		{"Marathon, in args and a group", `[{"id":"/g","groups":[{"id":"a","apps":[{"id":"l","args":["-x","routers: [{protocol: http, sevrers: 1, servers: [{port: 1}]}]"]}]}]}]`,
			[]string{"f#/0/groups/0/apps/0/args/1:1:28: " + wrong}},
		{"Marathon, in env and single quotes", `{"id":"l","env":{"C":"routers: [{protocol: http, sevrers: 1, servers: [{port: 1}]}]"},"cmd":"printf %s 'routers: [{protocol: http, sevrers: 1, servers: [{port: 1}]}]'"}`,
			[]string{"f#/env/C:1:28: " + wrong, "f#/cmd:1:28: " + wrong}},
		{"Marathon without one", `{"id":"web","cmd":"echo 'Hello world'"}`, []string{"f: no app has a configuration in its cmd, args or env"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			var got []string
			sources, err := config.Sources("f", []byte(row.in))
			if err != nil {
				got = append(got, err.Error())
			}
			for _, source := range sources {
				if _, err := config.Load(source.Name, source.Data, config.Builtin()); err != nil {
					got = append(got, strings.Split(err.Error(), "\n")...)
				}
			}
			for i := range got {
				if i < len(row.want) && strings.HasPrefix(got[i], row.want[i]) {
					got[i] = row.want[i]
				}
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func indented(text, by string) string {
	return by + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+by) + "\n"
}

func ExampleSources() {
	manifest := `apiVersion: v1
kind: ConfigMap
metadata:
  name: l5d-config
data:
  config.yaml: |
    routers:
    - protocol: http
      sevrers: []
      servers: [{port: 4140}]
`
	sources, err := config.Sources("l5d.yml", []byte(manifest))
	if err != nil {
		fmt.Println(err)
	}
	for _, s := range sources {
		_, err := config.Load(s.Name, s.Data, config.Builtin())
		fmt.Println(err)
	}
	// Output: l5d.yml:9:7: routers[0].sevrers: unknown key (did you mean "servers"?)
}

// FuzzSources: whatever a file holds, what is found in it is bounded, and a text
// that is found is one that stands in the file.
func FuzzSources(f *testing.F) {
	f.Add("apiVersion: v1\nkind: ConfigMap\ndata:\n  c: |\n    routers: []\n")
	f.Add(`{"id":"l","cmd":"echo \"{\\\"routers\\\":[]}\" | x"}`)
	f.Add("routers: []")
	f.Add("a: &a [*a]\nid: 1\ncmd: 'routers: []'")
	f.Fuzz(func(t *testing.T, text string) {
		sources, err := config.Sources("f", []byte(text))
		if (err == nil) != (len(sources) > 0) || len(sources) > 100 {
			t.Fatalf("%d sources, error %v", len(sources), err)
		}
		for _, s := range sources {
			if len(s.Data) > len(text)+1 {
				t.Fatalf("%d bytes out of %d", len(s.Data), len(text))
			}
			config.Load(s.Name, s.Data, config.Builtin())
		}
	})
}
