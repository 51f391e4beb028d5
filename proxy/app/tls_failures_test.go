//go:build unix

package app

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/proxy/internal/servetest"
)

// TestTLSFailures: each way in which TLS fails between a client, a hop and an endpoint has its
// own text, and its own reason in the metrics.
func TestTLSFailures(t *testing.T) {
	dir := t.TempDir()
	ca, stranger := certtest.CA(t, "root"), certtest.CA(t, "stranger")
	certtest.Write(t, filepath.Join(dir, "ca.pem"), ca.PEM())
	ca.Issue([]string{"hop"}).Write(dir, "hop")
	stranger.Issue([]string{"me"}).Write(dir, "strange")
	handler := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "fine") })
	var dtab, clients strings.Builder
	endpoint := func(name, keys string, config *tls.Config) {
		s := httptest.NewUnstartedServer(handler)
		s.Config.ErrorLog = quiet()
		if s.TLS = config; config != nil {
			s.StartTLS()
		} else {
			s.Start()
		}
		t.Cleanup(s.Close)
		port := portOf(s.Listener.Addr().String())
		fmt.Fprintf(&dtab, "/svc/%s => /$/inet/127.0.0.1/%s; ", name, port)
		fmt.Fprintf(&clients, "    - {prefix: /$/inet/127.0.0.1/%s, tls: {commonName: web, trustCertsBundle: %s/ca.pem%s}}\n", port, dir, keys)
	}
	picky := showing(ca.Issue([]string{"web"}))
	picky.ClientAuth, picky.ClientCAs = tls.RequireAndVerifyClientCert, ca.Pool()
	old := showing(ca.Issue([]string{"web"}))
	old.MaxVersion = tls.VersionTLS12
	endpoint("fine", "", showing(ca.Issue([]string{"web"})))
	endpoint("expired", "", showing(ca.Issue([]string{"web"}, certtest.Expired)))
	endpoint("name", "", showing(ca.Issue([]string{"other"})))
	endpoint("authority", "", showing(stranger.Issue([]string{"web"})))
	endpoint("anonymous", "", picky)
	endpoint("strange", fmt.Sprintf(", clientAuth: {certPath: %[1]s/strange.pem, keyPath: %[1]s/strange.key}", dir), picky.Clone())
	endpoint("plain", "", nil)
	endpoint("version", ", protocols: [TLSv1.3]", old)
	p := startWith(t, fmt.Sprintf(`
admin: {port: 0}
routers:
- protocol: http
  label: out
  dtab: %[2]s
  servers: [{port: 0}]
  client:
    kind: io.l5d.static
    configs:
%[3]s
- protocol: http
  label: in
  dtab: %[2]s
  servers:
  - {port: 0, tls: {certPath: %[1]s/hop.pem, keyPath: %[1]s/hop.key, caCertPath: %[1]s/ca.pem, requireClientAuth: true}}
`, dir, &dtab, &clients), "run", "-")
	out, in, admin := p.addr("router out"), p.addr("router in"), p.addr("admin")

	for _, row := range []struct{ name, text, reason string }{
		{"expired", "tls: certificate has expired or is not yet valid: ", "expired"},
		{"name", "tls: certificate is valid for other, not web", "name"},
		{"authority", "tls: certificate signed by unknown authority", "authority"},
		{"anonymous", "remote error: tls: certificate required", "alert"},
		{"strange", "remote error: tls: unknown certificate authority", "alert"},
		{"plain", "tls: first record does not look like a TLS handshake", "not_tls"},
		{"version", "remote error: tls: protocol version not supported", "alert"},
	} {
		t.Run("endpoint "+row.name, func(t *testing.T) {
			resp, body := get(t, out, "http://"+row.name+"/", nil)
			if resp.StatusCode != 502 || !strings.Contains(body, "\nreason: "+row.text) || !strings.HasSuffix(body, "\ntls name: web\n") {
				t.Errorf("%s\n%s", resp.Status, body)
			}
			_, metrics := get(t, "", "http://"+admin+"/metrics", nil)
			if n := failuresOf(metrics, `meshhop_client_tls_handshake_failures_total{client="$/inet/127.0.0.1/`+portIn(dtab.String(), row.name)+`",reason="`+row.reason+`",rt="out"} `); n != "1" {
				t.Errorf("%s: %q failures\n%s", row.reason, n, body)
			}
		})
	}
	if resp, body := get(t, out, "http://fine/", nil); resp.StatusCode != 200 || body != "fine" {
		t.Errorf("%s\n%s", resp.Status, body)
	}

	own, strange := ca.Issue([]string{"me"}).Pair(), stranger.Issue([]string{"me"}).Pair()
	for _, row := range []struct {
		name   string
		config *tls.Config
		want   string // the end of the client's error
		reason string
	}{
		{"without a certificate", &tls.Config{RootCAs: ca.Pool(), ServerName: "hop"}, "remote error: tls: certificate required", "no_certificate"},
		{"of another authority", &tls.Config{RootCAs: ca.Pool(), ServerName: "hop", GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &strange, nil }}, "remote error: tls: bad certificate", "authority"},
		{"that trusts another authority", &tls.Config{RootCAs: stranger.Pool(), ServerName: "hop", Certificates: []tls.Certificate{own}}, "x509: certificate signed by unknown authority", "alert"},
		{"of an old version", &tls.Config{RootCAs: ca.Pool(), ServerName: "hop", MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, "remote error: tls: protocol version not supported", "version"},
	} {
		t.Run("client "+row.name, func(t *testing.T) {
			c, err := tls.Dial("tcp", in, row.config)
			if err == nil {
				_, err = c.Read(make([]byte, 1)) // with TLS 1.3 the handshake is over for the client
				c.Close()
			}
			if err == nil || !strings.HasSuffix(err.Error(), row.want) {
				t.Errorf("%v, want %s", err, row.want)
			}
			waitFor(t, row.reason, func() bool {
				_, metrics := get(t, "", "http://"+admin+"/metrics", nil)
				return failuresOf(metrics, `meshhop_server_tls_handshake_failures_total{reason="`+row.reason+`",rt="in",`) == "1"
			})
		})
	}
	// Each side in the clear where the other has TLS.
	resp, body := get(t, "", "http://"+in+"/", nil)
	if resp.StatusCode != 400 || body != "Client sent an HTTP request to an HTTPS server.\n" {
		t.Errorf("%s\n%s", resp.Status, body)
	}
	if os.Getenv(servetest.EngineVariable) != "" {
		return // another server has another text
	}
	c, err := net.Dial("tcp", out)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go func() { _ = tls.Client(onlyWrites{c}, &tls.Config{ServerName: "hop"}).Handshake() }()
	told, _ := io.ReadAll(c)
	if !strings.HasPrefix(string(told), "HTTP/1.1 400 Bad Request\r\n") || !strings.Contains(string(told), "the client speaks TLS, and HTTP without TLS is spoken here") {
		t.Errorf("%q", told)
	}
}

// onlyWrites is a connection from which somebody else reads.
type onlyWrites struct{ net.Conn }

func (onlyWrites) Read([]byte) (int, error) { return 0, io.EOF }

// portIn is the port of a service in a dtab.
func portIn(dtab, name string) string {
	_, rest, _ := strings.Cut(dtab, "/svc/"+name+" => /$/inet/127.0.0.1/")
	port, _, _ := strings.Cut(rest, ";")
	return port
}

// failuresOf is the value of the metric whose line begins so; empty: there is none.
func failuresOf(metrics, begins string) string {
	for line := range strings.Lines(metrics) {
		if strings.HasPrefix(line, begins) {
			return strings.TrimSpace(line[strings.LastIndexByte(line, ' ')+1:])
		}
	}
	return ""
}
