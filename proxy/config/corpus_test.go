package config_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/proxy/config"
)

// corpusLoads is testdata/corpus_loads.txt: the files of others that load. A line
// is a file's name; a file leaves the list only with a reason, which is then written
// down behind a "#".
const corpusLoads = "testdata/corpus_loads.txt"

// corpusLeast is how many of the 86 must load.
const corpusLeast = 49

// TestCorpus: which of the configurations of others load and build, each where its
// directories and files exist, in the environment of a pod. A file that loads and is
// not in the list joins it.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob(fixtures + "corpus/*")
	if err != nil || len(files) == 0 {
		t.Skipf("NOT TESTED: the configurations of others are not at %scorpus", fixtures)
	}
	listed, err := os.ReadFile(corpusLoads)
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for line := range strings.SplitSeq(string(listed), "\n") {
		if line, _, _ = strings.Cut(line, "#"); strings.TrimSpace(line) != "" {
			want = append(want, strings.TrimSpace(line))
		}
	}
	total := 0
	for _, file := range files {
		name := filepath.Base(file)
		if name == "README" {
			continue
		}
		total++
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var why error
		t.Run(name, func(t *testing.T) { why = loadsInTree(t, data) })
		if why == nil {
			got = append(got, name)
		} else if slices.Contains(want, name) {
			t.Errorf("%s is in the list and does not load: %v", name, why)
		}
	}
	if total != 86 {
		t.Errorf("there are %d files, not 86", total)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-list +what loads):\n%s", corpusLoads, diff)
	}
	if len(got) < corpusLeast {
		t.Errorf("%d files load, which are fewer than %d", len(got), corpusLeast)
	}
}

// loadsInTree loads and builds a configuration in a directory where its rootDir and
// dtabFile are.
func loadsInTree(t *testing.T, data []byte) error {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	inPod(t)
	t.Chdir(t.TempDir())
	places := regexp.MustCompile(`("?(?:rootDir|dtabFile)"?: *"?)/?([^"\s,}]+)`)
	for _, found := range places.FindAllSubmatch(data, -1) {
		dir, isFile := string(found[2]), bytes.Contains(found[1], []byte("dtabFile"))
		if isFile {
			dir = filepath.Dir(dir)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if isFile {
			if err := os.WriteFile(string(found[2]), []byte("/svc/* => /$/inet/127.1/9999;\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	data = places.ReplaceAll(data, []byte("${1}${2}")) // an absolute path is one of an image
	data, certificates := withCertificates(data)
	writeCertificates(t, certificates)
	file, err := config.Load("f", data, config.Builtin())
	if err != nil {
		return err
	}
	mesh, err := file.Build(config.BuildOptions{Kubernetes: new(k8stest.Server)})
	if err != nil {
		return err
	}
	if len(mesh.Servers) == 0 {
		t.Error("there is no server")
	}
	if err := mesh.Close(within(t, 30*time.Second)); err != nil {
		t.Error(err)
	}
	return nil
}

// inPod sets what a DaemonSet of Linkerd's manifests sets.
func inPod(t *testing.T) {
	for variable, value := range map[string]string{"POD_IP": "10.1.2.3", "NODE_NAME": "node-1", "POD_NAMESPACE": "default"} {
		t.Setenv(variable, value)
	}
}

// TestNoNoticeForTelemeters: no configuration of others is told that a telemeter of metrics
// does nothing.
func TestNoNoticeForTelemeters(t *testing.T) {
	files, err := filepath.Glob(fixtures + "*/*.y*ml")
	if err != nil || len(files) == 0 {
		t.Skipf("NOT TESTED: the configurations of others are not at %s", fixtures)
	}
	told := regexp.MustCompile(`statsd|InfluxDB|prometheus|gaugeIntervalMs`)
	there := regexp.MustCompile(`(?m)^ *-? *kind: *io.l5d.(influxdb|statsd)`)
	with := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		inPod(t)
		loaded, err := config.Load("f", data, config.Builtin())
		if err != nil {
			continue
		}
		if there.Match(data) {
			with++
		}
		for _, n := range loaded.Notices {
			if strings.HasPrefix(n.Path, "telemetry") && told.MatchString(n.String()) {
				t.Errorf("%s: %s", file, n)
			}
		}
	}
	if with < 4 {
		t.Errorf("%d files have such a telemeter", with)
	}
}
