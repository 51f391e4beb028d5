package proxytest_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/proxy/proxytest"
	"github.com/meshhop/meshhop/trace/tracetest"
)

// TestSpansOfTLS: the spans of a request say by which version it came and went on, who the
// client is and which name the endpoint's certificate is for; those without TLS say nothing.
func TestSpansOfTLS(t *testing.T) {
	dir := t.TempDir()
	ca := certtest.CA(t, "root")
	bundle := filepath.Join(dir, "ca.pem")
	certtest.Write(t, bundle, ca.PEM())
	cert, key := ca.Issue([]string{"hop"}).Write(dir, "hop")
	twelve := showing(ca.Issue([]string{"web.local"}))
	twelve.MaxVersion = tls.VersionTLS12
	backend, plain := startSecure(t, "web", twelve), startHello(t)
	own := ca.Issue([]string{"me"}, func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: "me", Organization: []string{"mesh"}} })
	for _, row := range []struct {
		name, server, client, port                string
		own                                       *certtest.Cert
		serverVersion, subject, clientVersion, is string
	}{
		{name: "none", port: plain},
		{name: "both", server: ", requireClientAuth: true", client: "{commonName: web.local, trustCertsBundle: " + bundle + "}", port: backend.port, own: own,
			serverVersion: "1.3", subject: "CN=me,O=mesh", clientVersion: "1.2", is: "web.local"},
		{name: "nobody known", server: ", clientAuth: optional", client: "{disableValidation: true, commonName: other}", port: backend.port,
			serverVersion: "1.3", clientVersion: "1.2"},
	} {
		t.Run(row.name, func(t *testing.T) {
			text, client := "", http.DefaultClient
			if row.server != "" {
				text = "tls: {certPath: " + cert + ", keyPath: " + key + ", caCertPath: " + bundle + row.server + "}"
				client = secureClient(t, ca, "hop", row.own)
			}
			tail := ""
			if row.client != "" {
				tail = "  client: {tls: " + row.client + "}\n"
			}
			mesh := proxytest.Start(t, `
routers:
- protocol: http
  dtab: /svc => /$/inet/127.0.0.1/`+row.port+`
  servers: [{port: 0, `+text+`}]
`+tail)
			req, err := http.NewRequestWithContext(t.Context(), "GET", mesh.URL("http"), nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Host = "web"
			resp, err := client.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if resp.StatusCode != 200 {
				t.Fatal(resp.Status)
			}
			client.CloseIdleConnections()
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			records, err := mesh.Spans.Wait(ctx, 2)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range records {
				tags := tracetest.Tags(r)
				want := map[string]string{"tls.protocol.version": row.serverVersion, "tls.client.subject": row.subject, "meshhop.tls.name": ""}
				if tags["http.req.method"] != "" {
					want = map[string]string{"tls.protocol.version": row.clientVersion, "tls.client.subject": "", "meshhop.tls.name": row.is}
				}
				for key, value := range want {
					if tags[key] != value {
						t.Errorf("%s: %s is %q, want %q", r.Name, key, tags[key], value)
					}
				}
			}
		})
	}
}
