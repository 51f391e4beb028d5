package proxytest_test

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/internal/handshake"
	"github.com/meshhop/meshhop/proxy/proxytest"
)

// secureClient is a client of a server by TLS.
func secureClient(t *testing.T, ca *certtest.Cert, name string, own *certtest.Cert) *http.Client {
	t.Helper()
	config := &tls.Config{RootCAs: ca.Pool(), ServerName: name}
	if own != nil {
		pair := own.Pair()
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &pair, nil }
	}
	transport := &http.Transport{TLSClientConfig: config}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// TestServerTLS: vectors 42, 43, 400, 411 to 413, 417 and 422 to 424. The backend is told which
// certificate the client has, if that is asked for, and never what the client claims.
func TestServerTLS(t *testing.T) {
	dir := t.TempDir()
	ca := certtest.CA(t, "root")
	middle := ca.Issue(nil, certtest.Authority)
	cert, key := middle.Issue([]string{"hop", "spiffe://td/hop"}).Write(dir, "hop")
	nameless, namelessKey := middle.Issue([]string{"hop"}).Write(dir, "nameless")
	chain := filepath.Join(dir, "chain.pem")
	certtest.Write(t, chain, middle.PEM())
	bundle := filepath.Join(dir, "ca.pem")
	certtest.Write(t, bundle, ca.PEM())
	backend := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%q", r.Header["X-Forwarded-Client-Cert"])
	}))
	t.Cleanup(backend.Close)
	_, port, _ := strings.Cut(backend.Listener.Addr().String(), ":")

	// In an order in which crypto/x509 does not write them.
	names, err := asn1.Marshal([]asn1.RawValue{{Class: 2, Tag: 6, Bytes: []byte("https://buoyant.io")}, {Class: 2, Tag: 2, Bytes: []byte("upstream")}, {Class: 2, Tag: 2, Bytes: []byte("linkerd")}})
	if err != nil {
		t.Fatal(err)
	}
	upstream := ca.Issue(nil, func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: names}}
		c.Subject = pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{{Type: []int{2, 5, 4, 3}, Value: "upstream"}, {Type: []int{2, 5, 4, 6}, Value: "US"}}}
	})
	strange := ca.Issue([]string{`spiffe://td/a;b"`}, func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: "a\"b\r\nHost: x", Organization: []string{"a, b"}}
	})
	hash := func(c *certtest.Cert) string { return fmt.Sprintf("Hash=%X", sha256.Sum256(c.Leaf.Raw)) }
	lower := func(c *certtest.Cert) string { return fmt.Sprintf("Hash=%x", sha256.Sum256(c.Leaf.Raw)) }
	for _, row := range []struct {
		name, vector string
		server       string
		client       string
		nameless     bool // the server's certificate has no URI
		own          *certtest.Cert
		want         string // of the header; empty: there is none
		noResponse   bool
	}{
		{name: "nobody asked", vector: "400"},
		{name: "nobody asked, and forwarded", client: "{forwardClientCert: true}", own: upstream},
		{name: "asked, and not forwarded", vector: "413", server: ", requireClientAuth: true", own: upstream},
		{name: "asked, and forwarded", vector: "412", server: ", requireClientAuth: true", client: "{forwardClientCert: true}", own: upstream,
			want: hash(upstream) + `;SAN=https://buoyant.io;DNS=upstream;DNS=linkerd;Subject="C=US,CN=upstream"`},
		{name: "optional, with", server: ", clientAuth: optional", client: "{forwardClientCert: true}", own: upstream,
			want: hash(upstream) + `;SAN=https://buoyant.io;DNS=upstream;DNS=linkerd;Subject="C=US,CN=upstream"`},
		{name: "optional, without", server: ", clientAuth: optional", client: "{forwardClientCert: true}"},
		{name: "what ends a value", server: ", requireClientAuth: true", client: "{forwardClientCert: true}", own: strange,
			want: hash(strange) + `;SAN="spiffe://td/a;b%22";Subject="CN=a\"b%0D%0AHost: x,O=a\, b"`},
		{name: "as Envoy", vector: "422", server: ", requireClientAuth: true", client: "{forwardClientCert: true, forwardClientCertFormat: envoy}", own: upstream,
			want: "By=spiffe://td/hop;" + lower(upstream) + `;Subject="C=US,CN=upstream";URI=https://buoyant.io;DNS=upstream;DNS=linkerd`},
		{name: "as Envoy, without a URI", vector: "423", server: ", requireClientAuth: true", client: "{forwardClientCert: true, forwardClientCertFormat: envoy}", nameless: true, own: upstream,
			want: lower(upstream) + `;Subject="C=US,CN=upstream";URI=https://buoyant.io;DNS=upstream;DNS=linkerd`},
		{name: "as Envoy, what ends a value", vector: "424", server: ", requireClientAuth: true", client: "{forwardClientCert: true, forwardClientCertFormat: envoy}", own: strange,
			want: "By=spiffe://td/hop;" + lower(strange) + `;Subject="CN=a\"b%0D%0AHost: x,O=a\, b";URI="spiffe://td/a;b%22"`},
		{name: "as Linkerd, by its name", server: ", requireClientAuth: true", client: "{forwardClientCert: true, forwardClientCertFormat: linkerd}", own: upstream,
			want: hash(upstream) + `;SAN=https://buoyant.io;DNS=upstream;DNS=linkerd;Subject="C=US,CN=upstream"`},
		{name: "as Envoy, and not forwarded", server: ", requireClientAuth: true", client: "{forwardClientCertFormat: envoy}", own: upstream},
		{name: "required, without", vector: "411", server: ", requireClientAuth: true", noResponse: true},
	} {
		t.Run(row.name, func(t *testing.T) {
			if row.client == "" {
				row.client = "{}"
			}
			cert, key := cert, key
			if row.nameless {
				cert, key = nameless, namelessKey
			}
			mesh := proxytest.Start(t, `
routers:
- protocol: http
  dtab: /svc => /$/inet/127.0.0.1/`+port+`
  client: `+row.client+`
  servers:
  - port: 0
    tls: {certPath: `+cert+`, intermediateCertsPath: `+chain+`, keyPath: `+key+`, caCertPath: `+bundle+row.server+`}
`)
			url := mesh.URL("http")
			if !strings.HasPrefix(url, "https://") {
				t.Fatal(url)
			}
			client := secureClient(t, ca, "hop", row.own)
			for range 2 {
				req, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
				if err != nil {
					t.Fatal(err)
				}
				req.Host = "web"
				req.Header["X-Forwarded-Client-Cert"] = []string{"Hash=1", "Hash=2"}
				req.Header["x-forwarded-client-cert"] = []string{"Hash=3"}
				resp, err := client.Do(req)
				if row.noResponse {
					if err == nil || handshake.ReasonOf(err) != handshake.Alert {
						t.Errorf("%v", err)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				want := "[]"
				if row.want != "" {
					want = fmt.Sprintf("%q", []string{row.want})
				}
				if err != nil || resp.StatusCode != 200 || string(text) != want {
					t.Errorf("%d %s, %v\nwant %s", resp.StatusCode, text, err, want)
				}
			}
		})
	}
}
