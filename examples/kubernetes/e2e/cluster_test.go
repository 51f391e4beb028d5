package e2e

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/meshhop/meshhop/examples/kubernetes/e2e/bed"
)

// TestCluster starts one cluster and has each part use it, one after the other.
func TestCluster(t *testing.T) {
	parts := os.Getenv("MESHHOP_CLUSTER_PARTS")
	if parts == "" {
		t.Skip("SKIPPED, NOT TESTED: the script run makes what a cluster is made of, and runs this")
	}
	b := start(t, parts)
	for _, part := range []struct {
		name string
		try  func(*testing.T, *bed.Bed)
	}{
		{"the article", article},
		{"README", readme},
	} {
		t.Run(part.name, func(t *testing.T) {
			began := time.Now()
			t.Cleanup(func() {
				emptied(t, b)
				t.Logf("took %v", time.Since(began).Round(time.Second))
			})
			part.try(t, b)
		})
	}
}

// start returns a cluster that has all images.
func start(t *testing.T, parts string) *bed.Bed {
	t.Helper()
	began := time.Now()
	all, err := images(parts)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	b, err := bed.Start(t.Context(), bed.Config{
		Program: filepath.Join(parts, "cluster"), Kubectl: filepath.Join(parts, "bin"), Dir: dir, Images: all,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Stop(); err != nil {
			t.Error(err)
		}
	})
	t.Logf("the cluster was ready after %v", time.Since(began).Round(time.Second))
	return b
}

// emptied waits until the pods of a part are gone, for the next part uses their
// names, and their ports on the nodes.
func emptied(t *testing.T, b *bed.Bed) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if out, err := b.Sh(ctx, "/", `until [ -z "$(kubectl get pods -A --no-headers 2>/dev/null)" ]; do sleep 0.2; done`); err != nil {
		t.Errorf("pods are left: %v %s", err, out)
	}
}

// manifests writes files of the articles, ported, to a new directory.
func manifests(t *testing.T, names ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(ported(original(t, name))), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
