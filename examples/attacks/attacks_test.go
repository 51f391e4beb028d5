package main

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// TestMain is also where the roles begin: they are this program.
func TestMain(m *testing.M) {
	if role := os.Getenv(roleVariable); role != "" {
		os.Exit(play(role))
	}
	goleak.VerifyTestMain(m)
}

// testServer is the hop's server in the tests: go test ./examples/attacks -server net/http
var testServer = flag.String("server", "", "the hop's HTTP server, h1 or net/http; default: the binary's")

// newTestScene is a scene for a test. The binary is built by another process, of
// which the test command knows nothing: it repeats the test when the sources
// change because they are looked at here.
func newTestScene(t *testing.T, c config) *scene {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the binary")
	}
	if err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != "../.." {
			return filepath.SkipDir
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	c.server = *testServer
	s, err := newScene(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
