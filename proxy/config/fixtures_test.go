package config_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"go.yaml.in/yaml/v4"

	"github.com/meshhop/meshhop/proxy/config"
)

// fixtures is where Linkerd's own example files are, where they are.
const fixtures = "../../../shared/fixtures/"

// TestWhatLoads says for each of Linkerd's examples whether it loads, or else
// all that it names which is missing here. Whatever is built next makes it shorter.
func TestWhatLoads(t *testing.T) {
	var files []string
	for _, pattern := range []string{"linkerd-1.7.5/*.yaml", "linkerd-examples/*.y*ml"} {
		matches, err := filepath.Glob(fixtures + pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, matches...)
	}
	if len(files) == 0 {
		t.Skipf("NOT TESTED: Linkerd's example files are not at %s", fixtures)
	}
	want := whatLoads()
	seen := map[string]bool{}
	for _, file := range files {
		name := strings.TrimPrefix(file, fixtures)
		seen[name] = true
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) {
			expected, listed := want[name]
			if !listed {
				t.Fatal("the file is not in the table")
			}
			if strings.HasPrefix(name, "linkerd-examples/k8s-") {
				if data = configMap(t, data); data == nil {
					expectLines(t, expected, noConfiguration)
					return
				}
			}
			inPod(t)
			// Where the file stands in an image of its own: see buildInTree.
			data = bytes.Replace(data, []byte("rootDir: /disco"), []byte("rootDir: disco"), 1)
			data, certificates := withCertificates(data)
			loaded, err := config.Load("f", data, config.Builtin())
			expectLines(t, expected, short(lines(err))...)
			if err == nil {
				buildInTree(t, loaded, certificates)
			}
		})
	}
	for name := range want {
		if !seen[name] {
			t.Errorf("the table has %s, which is not there", name)
		}
	}
}

func expectLines(t *testing.T, want []string, got ...string) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

// lines gives the errors as they are printed, without the file's name.
func lines(err error) []string {
	var all config.Errors
	if !errors.As(err, &all) {
		return nil
	}
	var out []string
	for _, one := range all {
		out = append(out, strings.TrimPrefix(one.Error(), "f:"))
	}
	return out
}

// short leaves out what to do instead, and the list of what there is, which
// TestEveryMissingKind looks at.
func short(lines []string) []string {
	for i, line := range lines {
		if before, _, found := strings.Cut(line, " is not supported"); found {
			lines[i] = before + " is not supported"
		}
	}
	return lines
}

const noConfiguration = "no configuration in it"

// configMap gives the configuration in a Kubernetes manifest.
func configMap(t *testing.T, manifest []byte) []byte {
	t.Helper()
	var documents []struct {
		Kind string
		Data map[string]string
	}
	if err := yaml.Load(manifest, &documents, yaml.WithAllDocuments()); err != nil {
		t.Fatal(err)
	}
	for _, d := range documents {
		if d.Kind == "ConfigMap" {
			return []byte(d.Data["config.yaml"])
		}
	}
	return nil
}

// buildInTree builds a file where the directories and files that Linkerd's
// examples name exist, and closes the mesh.
func buildInTree(t *testing.T, file *config.File, certificates []string) {
	t.Helper()
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Chdir(t.TempDir())
	for _, dir := range []string{"linkerd/examples/io.l5d.fs", "disco"} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("linkerd/examples/example.dtab", []byte("/svc/* => /$/inet/127.1/9999;\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	writeCertificates(t, certificates)
	mesh, err := file.Build(config.BuildOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(mesh.Servers) == 0 {
		t.Error("there is no server")
	}
	if err := mesh.Close(within(t, 5*time.Second)); err != nil {
		t.Error(err)
	}
}
