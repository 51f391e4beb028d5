package config_test

import (
	"context"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/config"
)

// hosts knows one host by all names, and remembers them.
type hosts struct {
	mu    sync.Mutex
	asked []string
}

func (h *hosts) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, host)
	return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
}

// TestResolver: every part that looks hosts up asks the program's resolver.
func TestResolver(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "web"), []byte("in-a-file.test 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := config.Load("f", []byte(strings.ReplaceAll(`
namers: [{kind: io.l5d.fs, rootDir: DIR}]
routers:
- protocol: http
  label: one
  dtab: /svc/inet => /$/inet/by-inet.test/1; /svc/rinet => /$/io.buoyant.rinet/1/by-rinet.test; /svc/fixed => /$/fixedinet/by-fixedinet.test/1; /svc/fs => /#/io.l5d.fs/web
  interpreter: {kind: default, transformers: [{kind: io.l5d.specificHost, host: specific.test}]}
  servers: [{port: 0}]
`, "DIR", dir)), config.Builtin())
	if err != nil {
		t.Fatal(err)
	}
	h := new(hosts)
	mesh, err := file.Build(config.BuildOptions{Resolver: h})
	if err != nil {
		t.Fatal(err)
	}
	defer mesh.Close(within(t, 5*time.Second))
	for _, name := range []string{"inet", "rinet", "fixed", "fs"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = name
		w := httptest.NewRecorder()
		mesh.Servers[0].Handler.ServeHTTP(w, r)
		if !strings.Contains(w.Body.String(), "127.0.0.1:1") {
			t.Errorf("%s leads to %s", name, w.Body)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, want := range []string{"by-inet.test", "by-rinet.test", "by-fixedinet.test", "in-a-file.test", "specific.test"} {
		if !slices.Contains(h.asked, want) {
			t.Errorf("%s was not asked for", want)
		}
	}
}
