package proxytest_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/internal/handshake"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/proxytest"
	"github.com/meshhop/meshhop/router"
)

// secureService is a service by TLS that says its name, and counts handshakes.
type secureService struct {
	port       string
	handshakes atomic.Int32
}

func startSecure(t *testing.T, says string, config *tls.Config) *secureService {
	t.Helper()
	s := &secureService{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, says)
	}))
	before := config.Clone()
	config = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		s.handshakes.Add(1)
		return before, nil
	}}
	l := tls.NewListener(server.Listener, config)
	server.Listener = l
	server.Config.ErrorLog = quiet()
	server.Start()
	t.Cleanup(server.Close)
	_, s.port, _ = net.SplitHostPort(l.Addr().String())
	return s
}

// showing is the configuration of a server with a certificate.
func showing(c *certtest.Cert) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{c.Pair()}}
}

// TestClientTLS: vectors 401 to 408, 410 and 421, by the front door.
func TestClientTLS(t *testing.T) {
	dir := t.TempDir()
	ca, stranger := certtest.CA(t, "root"), certtest.CA(t, "stranger")
	bundle, other := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "other.pem")
	certtest.Write(t, bundle, ca.PEM())
	certtest.Write(t, other, stranger.PEM())
	cert, key := ca.Issue([]string{"client"}).Write(dir, "client")
	strangeCert, strangeKey := stranger.Issue([]string{"client"}).Write(dir, "strange")

	bill, ted := startSecure(t, "bill", showing(ca.Issue([]string{"bill.buoyant.io"}))), startSecure(t, "ted", showing(ca.Issue([]string{"ted.buoyant.io"})))
	expired := startSecure(t, "expired", showing(ca.Issue([]string{"expired"}, certtest.Expired)))
	bare := startSecure(t, "bare", showing(ca.Issue(nil, certtest.CommonName("linkerd"))))
	spiffe := startSecure(t, "spiffe", showing(ca.Issue([]string{"spiffe://td/a"}, certtest.CommonName("a"))))
	asks := showing(ca.Issue([]string{"asks"}))
	asks.ClientAuth, asks.ClientCAs = tls.RequireAndVerifyClientCert, ca.Pool()
	picky := startSecure(t, "picky", asks)
	asks12 := asks.Clone()
	asks12.MaxVersion = tls.VersionTLS12
	picky12 := startSecure(t, "picky12", asks12)
	plain := startHello(t)

	for _, row := range []struct {
		name, vector string
		to           string // the port
		client       string // keys of a static client block; {ca}, {cert} and others stand for files
		want         string // the body
		status       int    // default 200
		reason       string // of a failure
		tlsName      string
		notice       string
		tries        int32 // handshakes
		of           *secureService
	}{
		{name: "a captured variable", vector: "401", to: bill.port, client: `{prefix: "/$/inet/{host}/*", tls: {commonName: "bill.buoyant.io", trustCertsBundle: {ca}}}`, want: "bill"},
		{name: "in the name", vector: "401", to: ted.port, client: `{prefix: "/$/inet/{host}", tls: {commonName: "ted.{missing}buoyant.io", trustCertsBundle: {ca}}}`, status: 502,
			reason: "tls: certificate is valid for ted.buoyant.io, not ted.{missing}buoyant.io", tlsName: "ted.{missing}buoyant.io"},
		{name: "another prefix", vector: "402", to: plain, client: `{prefix: "/#/io.l5d.fs", tls: {commonName: "bill.buoyant.io", trustCertsBundle: {ca}}}`, want: "/svc/web at /"},
		{name: "another name", vector: "404", to: bill.port, client: `{prefix: /, tls: {commonName: wrong, trustCertsBundle: {ca}}}`, status: 502,
			reason: "tls: certificate is valid for bill.buoyant.io, not wrong", tlsName: "wrong", of: bill, tries: 1},
		{name: "trustCerts", vector: "405", to: bill.port, client: `{prefix: /, tls: {commonName: bill.buoyant.io, trustCerts: [{other}, {ca}]}}`, want: "bill", notice: "is deprecated; use trustCertsBundle"},
		{name: "another authority", to: bill.port, client: `{prefix: /, tls: {commonName: bill.buoyant.io, trustCertsBundle: {other}}}`, status: 502,
			reason: "tls: certificate signed by unknown authority", tlsName: "bill.buoyant.io", of: bill, tries: 1},
		{name: "everybody", vector: "406", to: bill.port, client: `{prefix: /, tls: {disableValidation: true, commonName: x}}`, want: "bill"},
		{name: "everybody, without a name", vector: "406", to: bill.port, client: `{prefix: /, tls: {disableValidation: true}}`, want: "bill"},
		{name: "enabled: false", vector: "410", to: plain, client: `{prefix: "/$/inet/{service}", tls: {commonName: x}}, {prefix: "/$/inet/127.0.0.1", tls: {enabled: false}}`, want: "/svc/web at /"},
		{name: "expired", to: expired.port, client: `{prefix: /, tls: {commonName: expired, trustCertsBundle: {ca}}}`, status: 502,
			reason: "tls: certificate has expired or is not yet valid", tlsName: "expired", of: expired, tries: 1},
		{name: "by the common name", vector: "414", to: bare.port, client: `{prefix: /, tls: {commonName: linkerd, trustCertsBundle: {ca}}}`, want: "bare"},
		{name: "by the common name, strict", to: bare.port, client: `{prefix: /, tls: {commonName: linkerd, strictNames: true, trustCertsBundle: {ca}}}`, status: 502,
			reason: "tls: certificate has no subject alternative name, and its common name linkerd does not count with strictNames", tlsName: "linkerd"},
		{name: "a URI", vector: "416", to: spiffe.port, client: `{prefix: /, tls: {commonName: "spiffe://td/a", trustCertsBundle: {ca}}}`, want: "spiffe"},
		{name: "a URI is not the common name", vector: "416", to: spiffe.port, client: `{prefix: /, tls: {commonName: a, trustCertsBundle: {ca}}}`, status: 502,
			reason: "tls: certificate is valid for spiffe://td/a, not a", tlsName: "a"},
		{name: "another URI", to: spiffe.port, client: `{prefix: /, tls: {commonName: "spiffe://td/b", trustCertsBundle: {ca}}}`, status: 502,
			reason: "tls: certificate is valid for spiffe://td/a, not spiffe://td/b", tlsName: "spiffe://td/b"},
		{name: "no TLS there", to: plain, client: `{prefix: /, tls: {commonName: a, trustCertsBundle: {ca}}}`, status: 502,
			reason: "tls: first record does not look like a TLS handshake", tlsName: "a"},
		{name: "clientAuth", to: picky.port, client: `{prefix: /, tls: {commonName: asks, trustCertsBundle: {ca}, clientAuth: {certPath: {cert}, keyPath: {key}}}}`, want: "picky"},
		{name: "clientAuth, TLS 1.2", to: picky12.port, client: `{prefix: /, tls: {commonName: asks, trustCertsBundle: {ca}, clientAuth: {certPath: {cert}, keyPath: {key}}}}`, want: "picky12"},
		{name: "clientAuth, missing", to: picky.port, client: `{prefix: /, tls: {commonName: asks, trustCertsBundle: {ca}}}`, status: 502,
			reason: "remote error: tls: certificate required", tlsName: "asks", of: picky, tries: 1},
		{name: "clientAuth, of another authority", to: picky.port, client: `{prefix: /, tls: {commonName: asks, trustCertsBundle: {ca}, clientAuth: {certPath: {strangeCert}, keyPath: {strangeKey}}}}`, status: 502,
			reason: "remote error: tls: ", tlsName: "asks", of: picky, tries: 1},
		{name: "clientAuth, missing, TLS 1.2", to: picky12.port, client: `{prefix: /, tls: {commonName: asks, trustCertsBundle: {ca}}}`, status: 502,
			reason: "remote error: tls: ", tlsName: "asks", of: picky12, tries: 1},
		{name: "protocols", vector: "420", to: bill.port, client: `{prefix: /, tls: {commonName: bill.buoyant.io, trustCertsBundle: {ca}, protocols: [TLSv1.2]}}`, want: "bill"},
		{name: "no common version", to: picky12.port, client: `{prefix: /, tls: {commonName: asks, trustCertsBundle: {ca}, protocols: [TLSv1.3]}}`, status: 502,
			reason: "remote error: tls: protocol version not supported", tlsName: "asks"},
	} {
		t.Run(row.name, func(t *testing.T) {
			client := strings.NewReplacer("{ca}", bundle, "{other}", other, "{cert}", cert, "{key}", key, "{strangeCert}", strangeCert, "{strangeKey}", strangeKey).Replace(row.client)
			mesh := proxytest.Start(t, `
routers:
- protocol: http
  dtab: /svc => /$/inet/127.0.0.1/`+row.to+`
  servers: [{port: 0}]
  client: {kind: io.l5d.static, configs: [`+client+`]}
`)
			for _, method := range []string{"GET", "POST"} {
				var before int32
				if row.of != nil {
					before = row.of.handshakes.Load()
				}
				req, err := http.NewRequestWithContext(t.Context(), method, "http://web/", nil)
				if err != nil {
					t.Fatal(err)
				}
				resp, err := mesh.Client("http").Do(req)
				if err != nil {
					t.Fatal(err)
				}
				text, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if err != nil {
					t.Fatal(err)
				}
				body := string(text)
				if row.reason == "" {
					if resp.StatusCode != 200 || body != row.want {
						t.Errorf("%s: %d %s", method, resp.StatusCode, body)
					}
					continue
				}
				if resp.StatusCode != row.status || !strings.HasPrefix(body, "Unable to establish connection to 127.0.0.1:"+row.to+".\n\nservice name: /svc/web\n") ||
					!strings.Contains(body, "\nreason: "+row.reason) || !strings.HasSuffix(body, "\ntls name: "+row.tlsName+"\n") {
					t.Errorf("%s: %d %s", method, resp.StatusCode, body)
				}
				if told, _ := url.QueryUnescape(resp.Header.Get("l5d-err")); told != body {
					t.Errorf("%s: l5d-err %q", method, told)
				}
				if row.of != nil && row.of.handshakes.Load()-before != row.tries {
					t.Errorf("%s: %d handshakes", method, row.of.handshakes.Load()-before)
				}
			}
			notices := ""
			for _, n := range mesh.Notices {
				notices += n.String() + "\n"
			}
			if row.notice == "" && notices != "" || !strings.Contains(notices, row.notice) {
				t.Errorf("notices: %s", notices)
			}
			id := "/$/inet/127.0.0.1/" + row.to
			for of, totals := range mesh.Config.Routers[0].View().Traffic() {
				if of.String() != id {
					continue
				}
				var failed uint64
				for why := range handshake.Reasons {
					failed += totals.Handshakes.Failed(why)
				}
				if row.reason != "" && failed == 0 || row.reason == "" && (failed > 0 || (totals.Handshakes.Done == 0) != (row.to == plain)) {
					t.Errorf("handshakes: %+v", totals.Handshakes)
				}
			}
		})
	}
}

// TestHandshakesAreBounded: a request tries each endpoint once, and at most five.
func TestHandshakesAreBounded(t *testing.T) {
	ca := certtest.CA(t, "root")
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	certtest.Write(t, bundle, ca.PEM())
	good := startSecure(t, "good", showing(ca.Issue([]string{"good"})))
	var all []*secureService
	for range 8 {
		all = append(all, startSecure(t, "bad", showing(ca.Issue([]string{"bad"}))))
	}
	for _, row := range []struct {
		name string
		bad  int
		good bool
		most int32
	}{{"one", 1, false, 1}, {"two", 2, false, 2}, {"eight", 8, false, 5}, {"one beside a good one", 1, true, 1}} {
		t.Run(row.name, func(t *testing.T) {
			var before int32
			for _, s := range all[:row.bad] {
				before += s.handshakes.Load()
			}
			dir := t.TempDir()
			lines := ""
			for _, s := range all[:row.bad] {
				lines += "127.0.0.1 " + s.port + "\n"
			}
			if row.good {
				lines += "127.0.0.1 " + good.port + "\n"
			}
			certtest.Write(t, filepath.Join(dir, "web"), []byte(lines))
			mesh := proxytest.Start(t, `
namers: [{kind: io.l5d.fs, rootDir: `+dir+`}]
routers:
- protocol: http
  dtab: /svc => /#/io.l5d.fs
  servers: [{port: 0}]
  client: {tls: {commonName: good, trustCertsBundle: `+bundle+`}}
`)
			status, body := get(t, mesh.Client("http"), "http://web/")
			var tries int32
			for _, s := range all[:row.bad] {
				tries += s.handshakes.Load()
			}
			if tries -= before; row.good && (status != 200 || tries > row.most) || !row.good && (status != 502 || tries != row.most) {
				t.Errorf("%d after %d handshakes: %s", status, tries, body)
			}
		})
	}
}

// TestHTTPS: a URL of https is never sent in the clear.
func TestHTTPS(t *testing.T) {
	ca := certtest.CA(t, "root")
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	certtest.Write(t, bundle, ca.PEM())
	web := startSecure(t, "web", showing(ca.Issue([]string{"web"})))
	plain := startHello(t)
	mesh := proxytest.Start(t, `
routers:
- protocol: http
  dtab: /svc/web => /$/inet/127.0.0.1/`+web.port+`; /svc/plain => /$/inet/127.0.0.1/`+plain+`
  servers: [{port: 0}]
  client: {kind: io.l5d.static, configs: [{prefix: /$/inet/127.0.0.1/`+web.port+`, tls: {commonName: web, trustCertsBundle: `+bundle+`}}]}
`)
	client := &http.Client{Transport: mesh.Config.Routers[0]}
	if status, body := get(t, client, "https://web/"); status != 200 || body != "web" {
		t.Errorf("%d %s", status, body)
	}
	if status, body := get(t, client, "http://plain/"); status != 200 {
		t.Errorf("%d %s", status, body)
	}
	req, err := http.NewRequestWithContext(context.Background(), "GET", "https://plain/", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Do(req)
	own := (*router.Error)(nil)
	if !errors.As(err, &own) || own.Kind.String() != "scheme" || !strings.Contains(err.Error(), "the client has no TLS, and nothing is sent without it") {
		t.Errorf("%v", err)
	}
}

// quiet is a log that nobody reads.
func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

// TestHTTPTransportTLS: net/http's client speaks TLS as our own does, with the same errors.
func TestHTTPTransportTLS(t *testing.T) {
	ca := certtest.CA(t, "root")
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	certtest.Write(t, bundle, ca.PEM())
	web := startSecure(t, "web", showing(ca.Issue([]string{"web"})))
	for _, row := range []struct {
		name string
		want string
	}{{"web", "web"}, {"other", "\nreason: tls: certificate is valid for web, not other\ntls name: other\n"}} {
		before := web.handshakes.Load()
		mesh := proxytest.Options{Build: config.BuildOptions{NewTransport: router.HTTPTransport, CheckTransport: router.CheckHTTPTransport}}.Start(t, `
routers:
- protocol: http
  dtab: /svc => /$/inet/127.0.0.1/`+web.port+`
  servers: [{port: 0}]
  client: {tls: {commonName: `+row.name+`, trustCertsBundle: `+bundle+`}}
`)
		if _, body := get(t, mesh.Client("http"), "http://web/"); !strings.HasSuffix(body, row.want) {
			t.Errorf("%s: %s", row.name, body)
		}
		if n := web.handshakes.Load() - before; n != 1 {
			t.Errorf("%s: %d handshakes", row.name, n)
		}
	}
}

// TestAuthoritiesAreReplaced: when the authorities that a client trusts are replaced, requests
// no longer go out on connections that others vouched for.
func TestAuthoritiesAreReplaced(t *testing.T) {
	for name, options := range map[string]config.BuildOptions{
		"own client": {}, "net/http": {NewTransport: router.HTTPTransport, CheckTransport: router.CheckHTTPTransport},
	} {
		t.Run(name, func(t *testing.T) {
			ca := certtest.CA(t, "root")
			bundle := filepath.Join(t.TempDir(), "ca.pem")
			certtest.Write(t, bundle, ca.PEM())
			web := startSecure(t, "web", showing(ca.Issue([]string{"web"})))
			mesh := proxytest.Options{Build: options}.Start(t, `
routers:
- protocol: http
  dtab: /svc => /$/inet/127.0.0.1/`+web.port+`
  servers: [{port: 0}]
  client: {tls: {commonName: web, trustCertsBundle: `+bundle+`}}
`)
			for range 2 {
				if _, body := get(t, mesh.Client("http"), "http://web/"); body != "web" {
					t.Fatal(body)
				}
			}
			if n := web.handshakes.Load(); n != 1 {
				t.Fatalf("%d handshakes", n)
			}
			certtest.Write(t, bundle, certtest.CA(t, "another root").PEM())
			const want = "reason: tls: certificate signed by unknown authority"
			for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
				_, body := get(t, mesh.Client("http"), "http://web/")
				if strings.Contains(body, want) {
					break
				}
				if time.Now().After(end) {
					t.Fatalf("still answered: %s", body)
				}
			}
		})
	}
}
