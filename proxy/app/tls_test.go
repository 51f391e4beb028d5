//go:build unix

package app

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/meshhop/meshhop/internal/certtest"
)

// secureMesh are two hops in one process, with TLS between them, as part III of the articles
// has them on each node; admin and its pages are by TLS too.
func secureMesh(dir, backend string, ports []int) string {
	return fmt.Sprintf(`
admin: {port: %[4]d, tls: {certPath: %[1]s/admin.pem, keyPath: %[1]s/admin.key}}
routers:
- protocol: http
  label: outgoing
  dtab: /svc => /$/inet/127.0.0.1/%[3]d
  servers: [{port: %[5]d}]
  client: {tls: {commonName: linkerd, trustCerts: [%[1]s/cacertificate.pem]}, hostConnectionPool: {idleTimeMs: 1}}
- protocol: http
  label: incoming
  dtab: /svc => /$/inet/127.0.0.1/%[2]s
  servers:
  - port: %[3]d
    tls: {certPath: %[1]s/certificate.pem, keyPath: %[1]s/certificate.key}
`, dir, backend, ports[0], ports[1], ports[2])
}

// TestSecureMesh: rows III.3 to III.7. Two hops speak by TLS alone, a name or an authority
// that is wrong fails with its reason, and certificates are replaced, and the file is read
// again, while requests go on and none fails.
func TestSecureMesh(t *testing.T) {
	backend := startReplica(t, "world")
	dir := t.TempDir()
	ca := certtest.CA(t, "root")
	certtest.Write(t, filepath.Join(dir, "cacertificate.pem"), ca.PEM())
	ca.Issue([]string{"linkerd"}).Write(dir, "certificate")
	ca.Issue([]string{"127.0.0.1"}).Write(dir, "admin")
	p := startReloading(t, secureMesh(dir, backend.port, freePorts(t, 3)))
	incoming, outgoing := p.addr("router incoming"), p.addr("router outgoing")
	if !strings.Contains(p.out.String(), "https://"+incoming) || !strings.Contains(p.out.String(), "http://"+outgoing) {
		t.Errorf("stdout: %s", p.out)
	}

	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ca.Pool()}}
	defer transport.CloseIdleConnections()
	pages := &http.Client{Transport: transport}
	page := func(path string) string {
		t.Helper()
		resp, err := pages.Get("https://" + p.addr("admin") + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	ask := func(path string) string {
		_, body := get(t, outgoing, "http://hello"+path, nil)
		return body
	}
	if body := ask("/"); body != "world" {
		t.Fatal(body)
	}

	plain, err := net.Dial("tcp", incoming)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(plain, "GET / HTTP/1.1\r\nHost: hello\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if told, _ := io.ReadAll(plain); !strings.HasSuffix(string(told), "Client sent an HTTP request to an HTTPS server.\n") {
		t.Errorf("in the clear: %q", told)
	}
	plain.Close()

	stop := make(chan struct{})
	var load sync.WaitGroup
	var mu sync.Mutex
	var failed []string
	asked := 0
	for range 4 {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				body := ask("/")
				mu.Lock()
				if asked++; body != "world" {
					failed = append(failed, body)
				}
				mu.Unlock()
			}
		})
	}
	for n := 1; n <= 3; n++ {
		next := ca.Issue([]string{"linkerd", fmt.Sprintf("v%d", n)})
		next.Write(dir, "certificate")
		waitFor(t, "the next certificate", func() bool {
			c, err := tls.Dial("tcp", incoming, &tls.Config{RootCAs: ca.Pool(), ServerName: "linkerd"})
			if err != nil {
				return false
			}
			defer c.Close()
			return c.ConnectionState().PeerCertificates[0].Equal(next.Leaf)
		})
		p.reload(true)
	}
	close(stop)
	load.Wait()
	if len(failed) > 0 || asked == 0 {
		t.Errorf("%d of %d requests failed, such as: %s", len(failed), asked, failed[0])
	}

	// What is wrong is told once, and the certificate before stays.
	certtest.Write(t, filepath.Join(dir, "certificate.pem"), []byte("garbage"))
	const problem = "certificate.pem is not PEM: it has no block CERTIFICATE"
	waitFor(t, "the refusal", func() bool { return strings.Contains(page("/admin/reload"), problem) })
	waitFor(t, "the line that says so", func() bool {
		return strings.Contains(p.err.String(), "certificates refused: those before stay")
	})
	// The file that was read last has its own clients, which have metrics once they are used.
	if body := ask("/"); body != "world" {
		t.Error(body)
	}
	metrics := page("/metrics")
	for _, want := range []string{
		`meshhop_tls_certificate_last_reload_successful{config="routers[1].servers[0].tls"} 0`,
		`meshhop_tls_certificate_last_reload_successful{config="admin.tls"} 1`,
		`meshhop_tls_certificate_reloads_total{config="routers[1].servers[0].tls",result="refused"} 1`,
		`meshhop_tls_certificate_not_after_timestamp_seconds{config="routers[1].servers[0].tls"} `,
		`meshhop_server_tls_handshake_failures_total{reason="not_tls",rt="incoming",server=`,
		`meshhop_server_tls_handshakes_total{rt="incoming",server=`,
		`meshhop_client_tls_handshakes_total{client="$/inet/127.0.0.1/`,
	} {
		if !strings.Contains(metrics, "\n"+want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	p.reload(false) // and a file that names it is refused
	if !strings.Contains(p.err.String(), "routers[1].servers[0].tls.certPath: "+filepath.Join(dir, problem)) {
		t.Errorf("log: %s", p.err)
	}

	// A wrong name and a foreign authority.
	ca.Issue([]string{"other"}).Write(dir, "certificate")
	waitFor(t, "the wrong name", func() bool {
		return strings.HasSuffix(ask("/"), "\nreason: tls: certificate is valid for other, not linkerd\ntls name: linkerd\n")
	})
	certtest.CA(t, "foreign").Issue([]string{"linkerd"}).Write(dir, "certificate")
	waitFor(t, "the foreign authority", func() bool {
		return strings.HasSuffix(ask("/"), "\nreason: tls: certificate signed by unknown authority\ntls name: linkerd\n")
	})
	ca.Issue([]string{"linkerd"}).Write(dir, "certificate")
	waitFor(t, "the end of that", func() bool { return ask("/") == "world" })
}
