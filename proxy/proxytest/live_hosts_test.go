package proxytest_test

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/proxytest"
)

// nowhere is a resolver that knows no host.
type nowhere struct{}

func (nowhere) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
}

// TestHostsThatDoNotResolve: who sends a request to hosts that do not exist reads
// that in the response, and who runs the hop in the explanation, before a request came
// and after.
func TestHostsThatDoNotResolve(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "web"), []byte("app01 80\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	mesh := proxytest.Options{Build: config.BuildOptions{Resolver: nowhere{}}}.Start(t, strings.ReplaceAll(`
namers: [{kind: io.l5d.fs, rootDir: DIR}]
routers:
- protocol: http
  dtab: |
    /svc       => /#/io.l5d.fs;
    /svc/inet  => /$/inet/app01/80;
    /svc/fixed => /$/fixedinet/app01/80;
    /svc/rinet => /$/io.buoyant.rinet/80/app01;
  servers: [{port: 0}]
`, "DIR", dir))
	const want = "app01: no such host"
	client := mesh.Client("http")
	plain := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, name := range []string{"web", "inet", "fixed", "rinet"} {
		explained := func(about string) {
			t.Helper()
			for _, page := range []string{"/explain?", "/explain.json?"} {
				query := url.Values{"router": {"http"}, "name": {"/svc/" + name}}
				if status, body := get(t, plain, mesh.AdminURL+page+query.Encode()); status != http.StatusOK || !strings.Contains(body, want) {
					t.Errorf("%s, %s of %s: status %d, no %q in:\n%s", page, about, name, status, want, body)
				}
			}
		}
		explained("before a request")
		status, body := get(t, client, "http://"+name+"/")
		if status != http.StatusBadGateway || !strings.Contains(body, want) {
			t.Errorf("%s: status %d, no %q in:\n%s", name, status, want, body)
		}
		explained("after a request")
	}
}
