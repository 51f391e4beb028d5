// Package image makes container images of files, without a Docker daemon: one
// layer each, held in memory, served by a [Registry].
package image

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// An Image is what a container starts from.
type Image struct {
	// Name has a tag and no registry: "library/meshhop:dev".
	Name string
	// Entrypoint is what runs.
	Entrypoint []string
	// User is "" for root, or UID:GID.
	User string
	// Files are the image's: where each is in it, and the file or directory of
	// this machine that it is a copy of. Everything may be run by anyone.
	Files map[string]string
	// Links are symbolic ones: from where in the image, to what.
	Links map[string]string
}

// searchPath is the PATH of every container.
const searchPath = "PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

// layer returns the image's files as a tar archive, with a /tmp for everybody.
func (i Image) layer() ([]byte, error) {
	var out bytes.Buffer
	w := layerWriter{tar.NewWriter(&out), map[string]bool{".": true}}
	if err := w.directory("tmp", 0o1777); err != nil {
		return nil, err
	}
	for _, at := range slices.Sorted(maps.Keys(i.Files)) {
		if err := w.copy(strings.TrimPrefix(at, "/"), i.Files[at]); err != nil {
			return nil, fmt.Errorf("image %s: %w", i.Name, err)
		}
	}
	for _, at := range slices.Sorted(maps.Keys(i.Links)) {
		if err := w.link(strings.TrimPrefix(at, "/"), i.Links[at]); err != nil {
			return nil, fmt.Errorf("image %s: %w", i.Name, err)
		}
	}
	if err := w.tar.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

// config says how the image runs; layer is the digest of its only one.
func (i Image) config(layer string) []byte {
	type process struct {
		Entrypoint []string
		Env        []string
		User       string `json:",omitempty"`
	}
	type rootfs struct {
		Type   string   `json:"type"`
		Layers []string `json:"diff_ids"`
	}
	data, err := json.Marshal(struct {
		Architecture string  `json:"architecture"`
		OS           string  `json:"os"`
		Config       process `json:"config"`
		RootFS       rootfs  `json:"rootfs"`
	}{architecture, "linux", process{i.Entrypoint, []string{searchPath}, i.User}, rootfs{"layers", []string{layer}}})
	if err != nil {
		panic(err) // strings always marshal
	}
	return data
}

type layerWriter struct {
	tar  *tar.Writer
	seen map[string]bool
}

// directory adds name once, and what it is in.
func (w layerWriter) directory(name string, mode int64) error {
	if w.seen[name] {
		return nil
	}
	if err := w.directory(path.Dir(name), 0o755); err != nil {
		return err
	}
	w.seen[name] = true
	return w.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: mode})
}

// copy adds a file, or all files below a directory, as what they are, not as the
// links that lead to them.
func (w layerWriter) copy(name, from string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return w.file(name, from, info)
	}
	return filepath.WalkDir(from, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		below, err := filepath.Rel(from, file)
		if err != nil {
			return err
		}
		return w.copy(path.Join(name, below), file)
	})
}

func (w layerWriter) file(name, from string, info fs.FileInfo) error {
	if err := w.directory(path.Dir(name), 0o755); err != nil {
		return err
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := w.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: info.Size(), Mode: 0o755}); err != nil {
		return err
	}
	_, err = io.Copy(w.tar, in)
	return err
}

func (w layerWriter) link(name, to string) error {
	if err := w.directory(path.Dir(name), 0o755); err != nil {
		return err
	}
	return w.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: to, Mode: 0o777})
}
