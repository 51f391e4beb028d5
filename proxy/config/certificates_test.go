package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/meshhop/meshhop/internal/certtest"
)

// withCertificates makes the paths of certificates in a configuration relative, because an
// absolute one is one of an image, and returns them.
func withCertificates(data []byte) (relative []byte, files []string) {
	places := regexp.MustCompile(`((?:certPath|intermediateCertsPath|caCertPath|trustCertsBundle|keyPath): *"?|trustCerts:\s+- +"?)/?([^"\s,}]+)`)
	for _, found := range places.FindAllSubmatch(data, -1) {
		files = append(files, string(found[2]))
	}
	return places.ReplaceAll(data, []byte("${1}${2}")), files
}

// writeCertificates writes a certificate with its key into each of the files, which can then
// be any of those that a group tls names.
func writeCertificates(t *testing.T, files []string) {
	t.Helper()
	if files == nil {
		return
	}
	ca := certtest.CA(t, "root")
	both := slices.Concat(ca.PEM(), ca.KeyPEM())
	for _, file := range files {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		certtest.Write(t, file, both)
	}
}
