//go:build unix

package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"go.yaml.in/yaml/v4"
)

// container is one of the pods that a manifest describes.
type container struct {
	Name, Image   string
	Command, Args []string
	Env           []struct {
		Name, Value string
		ValueFrom   struct {
			FieldRef struct {
				FieldPath string `yaml:"fieldPath"`
			} `yaml:"fieldRef"`
		} `yaml:"valueFrom"`
	}
}

// containers returns those of a file that run buoyantio/helloworld.
func containers(t *testing.T, file string) (all []container) {
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
		var document struct {
			Spec struct {
				Template struct {
					Spec struct{ Containers []container }
				}
			}
		}
		if err := loader.Load(&document); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range document.Spec.Template.Spec.Containers {
			if strings.HasPrefix(c.Image, "buoyantio/helloworld:") {
				all = append(all, c)
			}
		}
	}
}

func (c container) value(name string) string {
	for _, e := range c.Env {
		if e.Name == name {
			return e.Value
		}
	}
	return ""
}

// environ is what the kubelet makes of Env.
func (c container) environ(t *testing.T) (env []string) {
	t.Helper()
	fields := map[string]string{
		"spec.nodeName": "127.0.0.1", "status.podIP": "10.1.2.3", "metadata.name": "hello-x", "metadata.namespace": "default",
	}
	values := map[string]string{}
	for _, e := range c.Env {
		value := os.Expand(strings.NewReplacer("$(", "${", ")", "}").Replace(e.Value), func(name string) string { return values[name] })
		if path := e.ValueFrom.FieldRef.FieldPath; path != "" {
			if value = fields[path]; value == "" {
				t.Fatalf("container %s: unknown field %s", c.Name, path)
			}
		}
		values[e.Name] = value
		env = append(env, e.Name+"="+value)
	}
	return env
}

// image writes the programs of buoyantio/helloworld into a directory: this one,
// which serves on a free port whatever the flags say, and hostIP.sh, which
// asks Kubernetes for the address of the node.
func image(t *testing.T) (dir string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for name, text := range map[string]string{
		"helloworld": fmt.Sprintf("exec env %s=1 GORACE=atexit_sleep_ms=0 '%s' \"$@\" -addr 127.0.0.1:0", asMain, exe),
		"hostIP.sh":  "echo 127.0.0.1",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestTheManifestsContainers: each container of a manifest that runs
// buoyantio/helloworld by HTTP runs this program with what stands there, those
// of linkerd-examples itself included where they lie beside the repository.
func TestTheManifestsContainers(t *testing.T) {
	if _, err := os.Stat("/bin/sh"); err != nil {
		t.Skipf("SKIPPED, NOT TESTED: %v", err)
	}
	dir := image(t)
	for _, source := range []struct {
		dir  string
		want []string
	}{
		{"../kubernetes/article", []string{"api.yml", "hello-world-latency.yml", "hello-world.yml", "world-v2.yml"}},
		{"../../../shared/fixtures/linkerd-examples/k8s-daemonset/k8s", []string{
			"api-legacy.yml", "api.yml", "hello-world-latency.yml", "hello-world-legacy.yml", "hello-world.yml", "world-v2.yml",
		}},
	} {
		t.Run(filepath.Base(filepath.Dir(source.dir)), func(t *testing.T) {
			files, err := filepath.Glob(source.dir + "/*.y*ml")
			if err != nil {
				t.Fatal(err)
			}
			if len(files) == 0 {
				t.Skipf("SKIPPED, NOT TESTED: %s has no manifests", source.dir)
			}
			var ran []string
			for _, file := range files {
				if strings.Contains(file, "grpc") {
					continue
				}
				all := containers(t, file)
				if len(all) > 0 {
					ran = append(ran, filepath.Base(file))
				}
				for _, c := range all {
					argv := append(slices.Clone(c.Command), c.Args...)
					if len(c.Command) == 0 {
						argv = append([]string{filepath.Join(dir, "helloworld")}, argv...)
					}
					cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
					cmd.Env = append(c.environ(t), "PATH="+dir+":/usr/bin:/bin")
					cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
					p := await(t, cmd)
					if got := p.setLatency(t, "0s"); got != "200 OK: ok" {
						t.Errorf("%s, %v: %q", file, argv, got)
					}
					if text := c.value("TARGET_WORLD"); text != "" {
						if got, want := get(t, p.addr, nil), text+" (10.1.2.3)!"; got != want {
							t.Errorf("%s, %v: %q, want %q", file, argv, got, want)
						}
					}
					if err := syscall.Kill(-p.Process.Pid, syscall.SIGTERM); err != nil {
						t.Error(err)
					}
					p.Wait() // a shell ends by the signal
				}
			}
			if !slices.Equal(ran, source.want) {
				t.Errorf("ran those of %q, want %q", ran, source.want)
			}
		})
	}
}
