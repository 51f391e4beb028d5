package kubernetes

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"github.com/meshhop/meshhop/proxy/config"
)

// document is one of a manifest.
type document struct {
	file string
	tree map[string]any
}

func (d document) text(path ...string) string {
	s, _ := d.at(path...).(string)
	return s
}

func (d document) at(path ...string) any {
	var v any = d.tree
	for _, key := range path {
		m, _ := v.(map[string]any)
		v = m[key]
	}
	return v
}

func (d document) String() string {
	return fmt.Sprintf("%s: %s %s", d.file, d.text("kind"), d.text("metadata", "name"))
}

func manifests(t *testing.T) []string {
	t.Helper()
	var all []string
	for _, pattern := range []string{"*.yaml", "base/*.yaml", "article/*.yml"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v %v", pattern, files, err)
		}
		all = append(all, files...)
	}
	return all
}

func documents(t *testing.T, file string) (all []document) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for {
		var tree map[string]any
		if err := loader.Load(&tree); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if tree != nil {
			all = append(all, document{file, tree})
		}
	}
}

// kinds are those that the manifests may use, with the API version that
// Kubernetes 1.34 serves them by, and what their documents may have in them.
var kinds = map[string]struct {
	version string
	shape   func() any
}{
	"ConfigMap":             {"v1", func() any { return new(configMap) }},
	"Service":               {"v1", func() any { return new(service) }},
	"Pod":                   {"v1", func() any { return new(pod) }},
	"ReplicationController": {"v1", func() any { return new(controller) }},
	"ServiceAccount":        {"v1", func() any { return new(head) }},
	"DaemonSet":             {"apps/v1", func() any { return new(workload) }},
	"Deployment":            {"apps/v1", func() any { return new(workload) }},
	"ClusterRole":           {"rbac.authorization.k8s.io/v1", func() any { return new(role) }},
	"ClusterRoleBinding":    {"rbac.authorization.k8s.io/v1", func() any { return new(binding) }},
	"Ingress":               {"networking.k8s.io/v1", func() any { return new(ingress) }},
	"Kustomization":         {"kustomize.config.k8s.io/v1beta1", func() any { return new(kustomization) }},
}

// TestManifests: each document is of a kind and version that 1.34 serves, has no
// key that it does not know, and agrees with itself.
func TestManifests(t *testing.T) {
	for _, file := range manifests(t) {
		for _, d := range documents(t, file) {
			kind, known := kinds[d.text("kind")]
			if !known || kind.version != d.text("apiVersion") {
				t.Errorf("%s: apiVersion %q, want %q", d, d.text("apiVersion"), kind.version)
				continue
			}
			if d.text("metadata", "name") == "" && d.text("kind") != "Kustomization" {
				t.Errorf("%s has no name", d)
			}
			text, err := json.Marshal(d.tree)
			if err != nil {
				t.Fatal(err)
			}
			shape := kind.shape()
			decoder := json.NewDecoder(bytes.NewReader(text))
			decoder.DisallowUnknownFields()
			if err := decoder.Decode(shape); err != nil {
				t.Errorf("%s: %v", d, err)
				continue
			}
			if s, ok := shape.(interface{ wrong() []string }); ok {
				for _, what := range s.wrong() {
					t.Errorf("%s: %s", d, what)
				}
			}
		}
	}
}

// TestStrict: the shapes refuse what an API server refuses or ignores.
func TestStrict(t *testing.T) {
	for _, row := range []struct{ what, kind, text string }{
		{"a misspelt key", "DaemonSet", `{"spec":{"selector":{"matchLabels":{"app":"a"}},"template":{"spec":{"contaners":[]}}}}`},
		{"a number for a string", "Pod", `{"spec":{"containers":[{"name":"a","image":"b","env":[{"name":"x","value":1}]}]}}`},
	} {
		decoder := json.NewDecoder(strings.NewReader(row.text))
		decoder.DisallowUnknownFields()
		if decoder.Decode(kinds[row.kind].shape()) == nil {
			t.Errorf("%s is taken", row.what)
		}
	}
	w := workload{}
	w.Spec.Selector.MatchLabels = map[string]string{"app": "a"}
	w.Spec.Template.Metadata.Labels = map[string]string{"app": "b"}
	if len(w.wrong()) == 0 {
		t.Error("a selector that does not select its template is taken")
	}
}

// TestConfigurations: the configuration in each ConfigMap loads.
func TestConfigurations(t *testing.T) {
	for _, key := range []string{"POD_IP", "NODE_NAME"} {
		t.Setenv(key, "10.196.2.43")
	}
	builtin := config.Builtin()
	found := 0
	for _, file := range manifests(t) {
		if !slices.ContainsFunc(documents(t, file), func(d document) bool { return d.text("data", "config.yaml") != "" }) {
			continue
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources, err := config.Sources(file, data)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		for _, source := range sources {
			found++
			if _, err := config.Load(source.Name, source.Data, builtin); err != nil {
				t.Error(err)
			}
		}
	}
	if found != 6 {
		t.Errorf("%d configurations, want 6", found)
	}
}

// TestPortOrder: readers' jsonpath counts the ports of the Service l5d.
func TestPortOrder(t *testing.T) {
	want := map[string]string{
		"base/service.yaml":                      "outgoing incoming admin",
		"article/linkerd.yml":                    "outgoing incoming admin",
		"article/linkerd-zipkin.yml":             "outgoing incoming admin",
		"article/linkerd-latency.yml":            "outgoing incoming admin",
		"article/linkerd-ingress.yml":            "ingress incoming admin",
		"article/linkerd-ingress-controller.yml": "http admin",
	}
	for file, names := range want {
		for _, d := range documents(t, file) {
			if d.text("kind") != "Service" || d.text("metadata", "name") != "l5d" {
				continue
			}
			ports, _ := d.at("spec", "ports").([]any)
			var got []string
			for _, port := range ports {
				got = append(got, port.(map[string]any)["name"].(string))
			}
			if strings.Join(got, " ") != names {
				t.Errorf("%s: ports %v, want %s", file, got, names)
			}
			delete(want, file)
		}
	}
	if len(want) > 0 {
		t.Errorf("no Service l5d in %v", want)
	}
}

// TestGrace: the kubelet does not end the hop before it has drained.
func TestGrace(t *testing.T) {
	grace := regexp.MustCompile(`shutdownGraceMs: (\d+)`).FindSubmatch(contents(t, "base/config.yaml"))
	stop := regexp.MustCompile(`preStop:\s+sleep:\s+seconds: (\d+)`).FindSubmatch(contents(t, "base/daemonset.yaml"))
	whole := regexp.MustCompile(`terminationGracePeriodSeconds: (\d+)`).FindSubmatch(contents(t, "base/daemonset.yaml"))
	if grace == nil || stop == nil || whole == nil {
		t.Fatalf("shutdownGraceMs %s, preStop %s, terminationGracePeriodSeconds %s", grace, stop, whole)
	}
	number := func(match [][]byte) int {
		n, err := strconv.Atoi(string(match[1]))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if needs := number(stop) + number(grace)/1000; number(whole) <= needs {
		t.Errorf("terminationGracePeriodSeconds is %d, and preStop and the drain need %d s", number(whole), needs)
	}
}

func contents(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestRights: ours may read all that the hop asks for, and change nothing.
func TestRights(t *testing.T) {
	may := map[string]bool{}
	for _, d := range documents(t, "base/rbac.yaml") {
		if d.text("kind") != "ClusterRole" {
			continue
		}
		for _, rule := range d.at("rules").([]any) {
			r := rule.(map[string]any)
			for _, resource := range r["resources"].([]any) {
				verbs := fmt.Sprint(r["verbs"])
				if verbs != "[get list watch]" {
					t.Errorf("%v: verbs %s", resource, verbs)
				}
				may[fmt.Sprint(r["apiGroups"].([]any)[0], "/", resource)] = true
			}
		}
	}
	for _, want := range []string{"discovery.k8s.io/endpointslices", "/endpoints", "/services", "/configmaps", "networking.k8s.io/ingresses"} {
		if !may[want] {
			t.Errorf("no right to read %s in %v", want, may)
		}
	}
}

// TestCommands: every file that the README's commands apply is there.
func TestCommands(t *testing.T) {
	data, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	applied := 0
	for _, m := range regexp.MustCompile(`kubectl (?:apply|delete) -[fk] (\S+)`).FindAllStringSubmatch(string(data), -1) {
		applied++
		if _, err := os.Stat(strings.TrimPrefix(m[1], "examples/kubernetes/")); m[1] != "-" && err != nil {
			t.Errorf("%s: %v", m[0], err)
		}
	}
	for _, file := range manifests(t) {
		if strings.HasPrefix(file, "base/") {
			continue
		}
		if !strings.Contains(string(data), "examples/kubernetes/"+file) {
			t.Errorf("the README says nothing of %s", file)
		}
	}
	if strings.Contains(string(data), "ingress[0].*") {
		t.Error("jsonpath .* prints two words since Kubernetes has ipMode")
	}
	if applied == 0 {
		t.Error("no command")
	}
}
