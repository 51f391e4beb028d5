package counterpart_test

import (
	"bufio"
	"bytes"
	stdjson "encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// kustomization is the kind Kustomization, which is no part of the API.
type kustomization struct {
	metav1.TypeMeta `json:",inline"`
	Resources       []string `json:"resources"`
}

// TestManifests: each document of the manifests, those of the base among them, is
// taken by the type of its kind with nothing left over.
func TestManifests(t *testing.T) {
	found := map[string]int{}
	for _, file := range manifests(t) {
		for _, text := range documents(t, file) {
			var head metav1.TypeMeta
			if err := yaml.Unmarshal(text, &head); err != nil {
				t.Errorf("%s: %v", file, err)
				continue
			}
			found[head.Kind]++
			if head.Kind == "Kustomization" {
				testKustomization(t, file, text)
			} else if _, err := strict(t, text); err != nil {
				t.Errorf("%s: %s: %v", file, head.Kind, err)
			}
		}
	}
	t.Logf("%v", found)
	for _, kind := range []string{"DaemonSet", "Service", "ConfigMap", "ClusterRole", "ClusterRoleBinding", "ServiceAccount", "Pod", "Ingress", "Kustomization", "HorizontalPodAutoscaler"} {
		if found[kind] == 0 {
			t.Errorf("there is no %s", kind)
		}
	}
}

// testKustomization: it names all files beside it, once.
func testKustomization(t *testing.T, file string, text []byte) {
	t.Helper()
	text, err := yaml.ToJSON(text)
	if err != nil {
		t.Fatal(err)
	}
	var k kustomization
	d := stdjson.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&k); err != nil || k.APIVersion != "kustomize.config.k8s.io/v1beta1" {
		t.Errorf("%s: apiVersion %q, %v", file, k.APIVersion, err)
	}
	beside, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, f := range beside {
		if f != file {
			want = append(want, filepath.Base(f))
		}
	}
	if got := slices.Sorted(slices.Values(k.Resources)); !slices.Equal(got, want) {
		t.Errorf("%s: resources %q, want %q", file, got, want)
	}
}

// manifests are the YAML files of examples/kubernetes, without those of the
// modules in it, which are not for readers.
func manifests(t *testing.T) (all []string) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil {
				return fs.SkipDir
			}
		case strings.HasSuffix(path, ".yaml"), strings.HasSuffix(path, ".yml"):
			all = append(all, path)
		}
		return nil
	})
	if err != nil || len(all) < 15 {
		t.Fatalf("%d manifests, %v", len(all), err)
	}
	return all
}

// documents are those in a file.
func documents(t *testing.T, file string) (all [][]byte) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text)))
	for {
		one, err := r.Read()
		if errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if content, err := yaml.ToJSON(one); err != nil || string(content) != "null" {
			all = append(all, one)
		}
	}
}

// TestStrict: what is refused.
func TestStrict(t *testing.T) {
	const pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n"
	if _, err := strict(t, []byte(pod)); err != nil {
		t.Error(err)
	}
	for what, text := range map[string]string{
		"a misspelt key":        pod + "    imagePullPolice: Always\n",
		"a key in another case": pod + "    Image: a\n",
		"a key that is twice":   pod + "    image: a\n    image: b\n",
		"a number for a text":   pod + "    image: 1\n",
		"a removed version":     strings.Replace(pod, "v1", "extensions/v1beta1", 1),
	} {
		if _, err := strict(t, []byte(text)); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
}
