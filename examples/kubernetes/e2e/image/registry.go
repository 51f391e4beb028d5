package image

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

const (
	architecture = runtime.GOARCH
	manifestType = "application/vnd.docker.distribution.manifest.v2+json"
	configType   = "application/vnd.docker.container.image.v1+json"
	layerType    = "application/vnd.docker.image.rootfs.diff.tar"
)

// A Registry serves images to container runtimes, read only (the distribution
// specification's pull). The zero value has none. It is safe for concurrent use.
type Registry struct {
	mu    sync.RWMutex
	blobs map[string][]byte // by digest
	tags  map[string]string // "name:tag" to the digest of the manifest
}

// Add makes the image and serves it, in the place of one of the same name.
func (r *Registry) Add(i Image) error {
	layer, err := i.layer()
	if err != nil {
		return err
	}
	config := i.config(digest(layer))
	type descriptor struct {
		MediaType string `json:"mediaType"`
		Size      int    `json:"size"`
		Digest    string `json:"digest"`
	}
	manifest, err := json.Marshal(struct {
		SchemaVersion int          `json:"schemaVersion"`
		MediaType     string       `json:"mediaType"`
		Config        descriptor   `json:"config"`
		Layers        []descriptor `json:"layers"`
	}{2, manifestType,
		descriptor{configType, len(config), digest(config)},
		[]descriptor{{layerType, len(layer), digest(layer)}}})
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.blobs == nil {
		r.blobs, r.tags = make(map[string][]byte), make(map[string]string)
	}
	for _, blob := range [][]byte{layer, config, manifest} {
		r.blobs[digest(blob)] = blob
	}
	r.tags[i.Name] = digest(manifest)
	return nil
}

// ServeHTTP answers GET and HEAD for /v2/, /v2/NAME/manifests/TAG-OR-DIGEST and
// /v2/NAME/blobs/DIGEST.
func (r *Registry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	path, ok := strings.CutPrefix(req.URL.Path, "/v2/")
	if !ok {
		http.NotFound(w, req)
		return
	}
	if path == "" {
		return
	}
	mediaType := "application/octet-stream"
	name, reference, isBlob := cut(path, "/blobs/")
	if !isBlob {
		var isManifest bool
		if name, reference, isManifest = cut(path, "/manifests/"); !isManifest {
			http.NotFound(w, req)
			return
		}
		mediaType = manifestType
	}
	r.mu.RLock()
	if tagged, ok := r.tags[name+":"+reference]; ok {
		reference = tagged
	}
	blob, ok := r.blobs[reference]
	r.mu.RUnlock()
	if !ok {
		http.Error(w, `{"errors":[{"code":"MANIFEST_UNKNOWN"}]}`, http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Docker-Content-Digest", reference)
	w.Header().Set("Content-Length", strconv.Itoa(len(blob)))
	w.Write(blob) // net/http leaves the body out for HEAD
}

// cut is strings.Cut at the last separator: names have slashes.
func cut(s, separator string) (before, after string, found bool) {
	at := strings.LastIndex(s, separator)
	if at < 0 {
		return "", "", false
	}
	return s[:at], s[at+len(separator):], true
}

func digest(blob []byte) string {
	sum := sha256.Sum256(blob)
	return "sha256:" + hex.EncodeToString(sum[:])
}
