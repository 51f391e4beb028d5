package config_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// named is a transport that answers with the address it is for.
type named string

func (n named) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(string(n)))}, nil
}

// TestBalancerReachesTheRouter: roundRobin is the one kind that can be told from
// what comes back.
func TestBalancerReachesTheRouter(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "web"), []byte("10.0.0.1 80\n10.0.0.2 80\n10.0.0.3 80\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "namers: [{kind: io.l5d.fs, rootDir: " + dir + "}]\n" + valid + "  dtab: /svc => /#/io.l5d.fs\n  client: {loadBalancer: {kind: roundRobin}}\n"
	mesh := build(t, text, config.Builtin(), config.BuildOptions{
		NewTransport: func(a resolve.Address, _ router.TransportConfig) http.RoundTripper { return named(a.AddrPort.String()) },
	})
	got := map[string]int{}
	for range 30 {
		r, err := http.NewRequestWithContext(within(t, 10*time.Second), http.MethodGet, "http://web/", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := mesh.Routers[0].RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		got[string(body)]++
	}
	if diff := cmp.Diff(map[string]int{"10.0.0.1:80": 10, "10.0.0.2:80": 10, "10.0.0.3:80": 10}, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}
