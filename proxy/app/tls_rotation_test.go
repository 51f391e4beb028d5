//go:build unix

package app

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/meshhop/meshhop/internal/certtest"
)

// volume is a directory as Kubernetes mounts a Secret: its files are links to those of
// another directory, which is replaced at once.
type volume struct {
	t    *testing.T
	dir  string
	next int
}

func newVolume(t *testing.T, files map[string][]byte) *volume {
	t.Helper()
	v := &volume{t: t, dir: t.TempDir()}
	v.replace(files)
	for name := range files {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(v.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return v
}

func (v *volume) replace(files map[string][]byte) {
	v.t.Helper()
	v.next++
	name := fmt.Sprintf("..%d", v.next)
	if err := os.Mkdir(filepath.Join(v.dir, name), 0o700); err != nil {
		v.t.Fatal(err)
	}
	for file, data := range files {
		if err := os.WriteFile(filepath.Join(v.dir, name, file), data, 0o600); err != nil {
			v.t.Fatal(err)
		}
	}
	link, data := filepath.Join(v.dir, "..data_tmp"), filepath.Join(v.dir, "..data")
	before, _ := os.Readlink(data)
	if err := os.Symlink(name, link); err != nil {
		v.t.Fatal(err)
	}
	if err := os.Rename(link, data); err != nil {
		v.t.Fatal(err)
	}
	if before != "" {
		if err := os.RemoveAll(filepath.Join(v.dir, before)); err != nil {
			v.t.Fatal(err)
		}
	}
}

// TestCertificatesUnderLoad: with certificates on both sides, first these are replaced, and
// then the authority is, in the three steps that it takes: trust both, be issued by the new
// one, trust that alone. Requests go on meanwhile, on connections that are kept and on new
// ones, and none fails.
func TestCertificatesUnderLoad(t *testing.T) {
	backend := startReplica(t, "world")
	first, second := certtest.CA(t, "first"), certtest.CA(t, "second")
	secret := func(issuer *certtest.Cert, name string, trusted ...*certtest.Cert) map[string][]byte {
		leaf := issuer.Issue([]string{name})
		files := map[string][]byte{"tls.crt": leaf.PEM(), "tls.key": leaf.KeyPEM(), "ca.crt": nil}
		for _, ca := range trusted {
			files["ca.crt"] = append(files["ca.crt"], ca.PEM()...)
		}
		return files
	}
	server, client := newVolume(t, secret(first, "linkerd", first)), newVolume(t, secret(first, "client", first))
	ports := freePorts(t, 1)
	p := startWith(t, fmt.Sprintf(`
admin: {port: 0}
routers:
- protocol: http
  label: outgoing
  dtab: /svc/kept => /$/inet/127.0.0.1/%[4]d; /svc/new => /$/inet/localhost/%[4]d
  servers: [{port: 0}]
  client:
    kind: io.l5d.static
    configs:
    - prefix: /
      tls: {commonName: linkerd, trustCertsBundle: %[2]s/ca.crt, clientAuth: {certPath: %[2]s/tls.crt, keyPath: %[2]s/tls.key}}
    - prefix: /$/inet/localhost
      hostConnectionPool: {idleTimeMs: 1}
- protocol: http
  label: incoming
  dtab: /svc => /$/inet/127.0.0.1/%[3]s
  servers:
  - port: %[4]d
    tls: {certPath: %[1]s/tls.crt, keyPath: %[1]s/tls.key, caCertPath: %[1]s/ca.crt, requireClientAuth: true}
`, server.dir, client.dir, backend.port, ports[0]), "run", "-")
	outgoing, admin := p.addr("router outgoing"), p.addr("admin")

	stop := make(chan struct{})
	var load sync.WaitGroup
	var mu sync.Mutex
	asked, failed := map[string]int{}, []string{}
	for _, host := range []string{"kept", "kept", "new", "new"} {
		load.Go(func() {
			transport := &http.Transport{Proxy: http.ProxyURL(&url.URL{Scheme: "http", Host: outgoing})}
			defer transport.CloseIdleConnections()
			for {
				select {
				case <-stop:
					return
				default:
				}
				body, err := ask(transport, "http://"+host+"/")
				mu.Lock()
				if asked[host]++; body != "world" {
					failed = append(failed, fmt.Sprint(host, ": ", body, err))
				}
				mu.Unlock()
			}
		})
	}
	more := func() bool { // since it is called first: that many requests on each way
		mu.Lock()
		defer mu.Unlock()
		return asked["kept"] >= 20 && asked["new"] >= 20
	}
	taken := func(config string, n int) {
		t.Helper()
		waitFor(t, config, func() bool {
			_, metrics := get(t, "", "http://"+admin+"/metrics", nil)
			return failuresOf(metrics, `meshhop_tls_certificate_reloads_total{config="`+config+`",result="taken"} `) == fmt.Sprint(n)
		})
		mu.Lock()
		clear(asked)
		mu.Unlock()
		waitFor(t, "requests with "+config, more)
	}
	const ofServer, ofClient = "routers[1].servers[0].tls", "routers[0].client.configs[0].tls"
	for i, step := range []struct{ server, client map[string][]byte }{
		{server: secret(first, "linkerd", first)}, {client: secret(first, "client", first)},
		{server: secret(first, "linkerd", first, second)}, {client: secret(first, "client", first, second)},
		{server: secret(second, "linkerd", first, second)}, {client: secret(second, "client", first, second)},
		{server: secret(second, "linkerd", second)}, {client: secret(second, "client", second)},
	} {
		if step.server != nil {
			server.replace(step.server)
			taken(ofServer, i/2+1)
		} else {
			client.replace(step.client)
			taken(ofClient, i/2+1)
		}
	}
	close(stop)
	load.Wait()
	if len(failed) > 0 {
		t.Errorf("%d requests failed, such as %s", len(failed), failed[0])
	}
}

// ask returns the body of a response.
func ask(transport *http.Transport, target string) (string, error) {
	resp, err := (&http.Client{Transport: transport}).Get(target)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}
