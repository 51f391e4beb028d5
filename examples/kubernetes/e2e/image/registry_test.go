package image_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/image"
)

// manifest is what a runtime asks for first.
type manifest struct {
	Config struct{ Digest string }
	Layers []struct {
		Digest string
		Size   int
	}
}

// TestPull does what a container runtime does.
func TestPull(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "lib", "deep"), 0o755); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{"program": "a program", "lib/one": "1", "lib/deep/two": "2"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var registry image.Registry
	if err := registry.Add(image.Image{
		Name:       "library/thing:dev",
		Entrypoint: []string{"/bin/program", "-x"},
		User:       "7:8",
		Files:      map[string]string{"/bin/program": filepath.Join(dir, "program"), "/usr/lib": filepath.Join(dir, "lib")},
		Links:      map[string]string{"/bin/again": "program"},
	}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(&registry)
	defer server.Close()

	var pulled manifest
	data, digest := get(t, server.URL+"/v2/library/thing/manifests/dev")
	if err := json.Unmarshal(data, &pulled); err != nil {
		t.Fatal(err)
	}
	if again, _ := get(t, server.URL+"/v2/library/thing/manifests/"+digest); !bytes.Equal(again, data) {
		t.Error("by its digest the manifest is another one")
	}
	config, _ := get(t, server.URL+"/v2/library/thing/blobs/"+pulled.Config.Digest)
	var runs struct {
		Config struct {
			Entrypoint []string
			User       string
		} `json:"config"`
		RootFS struct {
			DiffIDs []string `json:"diff_ids"`
		} `json:"rootfs"`
	}
	if err := json.Unmarshal(config, &runs); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(runs.Config.Entrypoint, []string{"/bin/program", "-x"}) || runs.Config.User != "7:8" {
		t.Errorf("it runs %+v", runs.Config)
	}
	if len(pulled.Layers) != 1 || !slices.Equal(runs.RootFS.DiffIDs, []string{pulled.Layers[0].Digest}) {
		t.Errorf("layers %+v, the configuration has %s", pulled.Layers, runs.RootFS.DiffIDs)
	}
	layer, _ := get(t, server.URL+"/v2/library/thing/blobs/"+pulled.Layers[0].Digest)
	if len(layer) != pulled.Layers[0].Size {
		t.Errorf("the layer has %d bytes, the manifest says %d", len(layer), pulled.Layers[0].Size)
	}
	want := map[string]string{
		"bin/program": "a program", "usr/lib/one": "1", "usr/lib/deep/two": "2", "bin/again": "-> program",
		"tmp": "/", "bin": "/", "usr": "/", "usr/lib": "/", "usr/lib/deep": "/",
	}
	if got := files(t, layer); !maps.Equal(got, want) {
		t.Errorf("files %q, want %q", got, want)
	}

	for _, path := range []string{"/v2/library/thing/manifests/other", "/v2/library/other/manifests/dev", "/v2/library/thing/blobs/sha256:0", "/v2/x", "/"} {
		if resp, err := http.Get(server.URL + path); err != nil || resp.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %v %v", path, resp, err)
		}
	}
}

// get returns a blob that is what its digest says.
func get(t *testing.T, url string) (data []byte, digest string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if data, err = io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %v", url, resp.Status, err)
	}
	digest = resp.Header.Get("Docker-Content-Digest")
	if sum := sha256.Sum256(data); digest != "sha256:"+hex.EncodeToString(sum[:]) {
		t.Errorf("%s: the digest is %s", url, digest)
	}
	return data, digest
}

func files(t *testing.T, layer []byte) map[string]string {
	t.Helper()
	all := map[string]string{}
	for archive := tar.NewReader(bytes.NewReader(layer)); ; {
		header, err := archive.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		switch header.Typeflag {
		case tar.TypeDir:
			text = []byte("/")
		case tar.TypeSymlink:
			text = []byte("-> " + header.Linkname)
		}
		if _, twice := all[header.Name]; twice {
			t.Errorf("%s is there twice", header.Name)
		}
		all[header.Name] = string(text)
	}
}

// TestMissingFile: an image that cannot be made is none.
func TestMissingFile(t *testing.T) {
	var registry image.Registry
	if err := registry.Add(image.Image{Name: "a:b", Files: map[string]string{"/x": filepath.Join(t.TempDir(), "x")}}); err == nil {
		t.Error("an image of a file that is not there")
	}
}
