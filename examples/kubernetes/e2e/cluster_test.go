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
		{"metrics", metrics},
		{"nodes", nodes},
		{"override", override},
		{"latency", latency},
		{"edge", edge},
		{"ingress", ingress},
		{"host network", hostNetwork},
		{"legacy", legacy},
		{"README", readme},
		{"base", base},
		{"faults", faults},
		{"faults of kubectl proxy", faultsOfProxy},
	} {
		t.Run(part.name, func(t *testing.T) {
			began := time.Now()
			t.Cleanup(func() {
				empty(t, b)
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

// empty takes away what a part applied, and waits until its pods are gone: the next
// part uses their names, and their ports on the nodes. Rights stay, and the API's
// own Service.
func empty(t *testing.T, b *bed.Bed) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := b.Sh(ctx, "/", `
		kubectl delete namespace l5d-system --ignore-not-found --wait=false
		kubectl delete configmap l5d-config --ignore-not-found
		kubectl delete ingress,daemonset,deployment,replicationcontroller,service,pod -l provider!=kubernetes --grace-period=1 --wait=false
		until [ -z "$(kubectl get pods -A --no-headers 2>/dev/null)" ] && ! kubectl get namespace l5d-system >/dev/null 2>&1; do sleep 0.2; done`); err != nil {
		t.Error(err)
	}
}

// manifests writes files of the articles, ported, to a new directory.
func manifests(t *testing.T, names ...string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range names {
		write(t, dir, name, ported(original(t, name)))
	}
	return dir
}
