package proxytest_test

import (
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/proxy/config"
	"github.com/meshhop/meshhop/proxy/proxytest"
)

// TestSpansByTLS: telemeters post their spans by TLS, to a collector whose certificate is for
// the right name, and show it theirs.
func TestSpansByTLS(t *testing.T) {
	dir := t.TempDir()
	ca := certtest.CA(t, "root")
	bundle, other := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "other.pem")
	certtest.Write(t, bundle, ca.PEM())
	certtest.Write(t, other, certtest.CA(t, "stranger").PEM())
	cert, key := ca.Issue([]string{"hop"}).Write(dir, "hop")
	posts := make(chan string, 100)
	collector := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		posts <- r.URL.Path
		w.WriteHeader(http.StatusAccepted)
	}))
	var shown atomic.Pointer[tls.Config]
	show := func(names ...string) {
		config := showing(ca.Issue(names))
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, ca.Pool()
		shown.Store(config)
	}
	show("127.0.0.1", "zipkin")
	collector.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return shown.Load(), nil }}
	collector.Config.ErrorLog = quiet()
	collector.StartTLS()
	t.Cleanup(collector.Close)
	host, backend := strings.TrimPrefix(collector.URL, "https://"), startHello(t)
	_, port, _ := strings.Cut(host, ":")
	for _, row := range []struct {
		name, telemeter, tls string
		path                 string // of the post
		spans                string // where they go
		mend                 func() // what has the first posts fail
	}{
		{"io.l5d.zipkin", "host: 127.0.0.1, port: " + port + ", sampleRate: 1.0", "trustCertsBundle: BUNDLE", "/api/v2/spans", "https://" + host + "/api/v2/spans", nil},
		{"io.zipkin.http", "host: '" + host + "', initialSampleRate: 1.0", "trustCertsBundle: BUNDLE", "/api/v2/spans", "https://" + host + "/api/v2/spans", nil},
		{"io.zipkin.http", "host: '" + host + "', initialSampleRate: 1.0", "commonName: zipkin, trustCertsBundle: BUNDLE", "/api/v2/spans", "https://" + host + "/api/v2/spans", nil},
		{"io.opentelemetry.otlp", "endpoint: 'https://" + host + "', sampleRate: 1.0", "commonName: zipkin, trustCertsBundle: BUNDLE", "/v1/traces", "https://" + host, nil},
		{"io.opentelemetry.otlp", "endpoint: 'https://" + host + "', sampleRate: 1.0", "commonName: other, trustCertsBundle: BUNDLE", "/v1/traces", "https://" + host, func() {
			show("other")
		}},
		{"io.opentelemetry.otlp", "endpoint: 'https://" + host + "', sampleRate: 1.0", "commonName: other, trustCertsBundle: OTHER", "/v1/traces", "https://" + host, func() { certtest.Write(t, other, ca.PEM()) }},
	} {
		t.Run(row.name+" "+row.tls, func(t *testing.T) {
			for len(posts) > 0 { // the spans of a request may have gone in two posts
				<-posts
			}
			secure := strings.NewReplacer("BUNDLE", bundle, "OTHER", other).Replace(row.tls) + ", clientAuth: {certPath: " + cert + ", keyPath: " + key + "}"
			mesh := proxytest.Start(t, `
telemetry: [{kind: `+row.name+`, `+row.telemeter+`, tls: {`+secure+`}}]
routers:
- protocol: http
  dtab: /svc => /$/inet/127.0.0.1/`+backend+`
  servers: [{port: 0}]
`)
			stats := mesh.Config.Spans[row.spans]
			if stats == nil {
				t.Fatalf("spans go to %v", mesh.Config.Spans)
			}
			if status, body := get(t, http.DefaultClient, mesh.URL("http")+"/"); status != 200 {
				t.Fatal(status, body)
			}
			http.DefaultClient.CloseIdleConnections()
			if row.mend != nil {
				for end := time.Now().Add(30 * time.Second); stats().Retries == 0; time.Sleep(time.Millisecond) {
					if time.Now().After(end) {
						t.Fatalf("%+v", stats())
					}
				}
				if len(posts) > 0 {
					t.Error("spans were posted all the same")
				}
				row.mend()
			}
			select {
			case got := <-posts:
				if got != row.path {
					t.Error(got)
				}
			case <-time.After(30 * time.Second):
				t.Fatalf("no post in 30 s: %+v", stats())
			}
		})
	}
}

// TestSpansByTLSErrors: what is wrong with the group, and with its files, is told with its
// place.
func TestSpansByTLSErrors(t *testing.T) {
	for _, row := range []struct{ telemeter, want string }{
		{"kind: io.opentelemetry.otlp, endpoint: 'https://a', tls: {trustCertsBundle: /none}", "telemetry[0].tls.trustCertsBundle: /none does not exist"},
		{"kind: io.opentelemetry.otlp, endpoint: 'http://a', tls: {}", "telemetry[0].endpoint: must be an https URL for tls to have an effect"},
		{"kind: io.opentelemetry.otlp, endpoint: 'http://a', tls: {enabled: false}", ""},
		{"kind: io.l5d.zipkin, transport: scribe, tls: {}", "telemetry[0].transport: scribe has no TLS; with tls it is http"},
		{"kind: io.l5d.zipkin, tls: {clientAuth: {certPath: /none, keyPath: /none}}", "telemetry[0].tls.clientAuth.certPath: /none does not exist"},
		{"kind: io.zipkin.http, tls: {disableValidation: true}", ""},
	} {
		file, err := config.Load("f", []byte("telemetry: [{"+row.telemeter+"}]\nrouters: [{protocol: http, servers: [{port: 0}]}]\n"), config.Builtin())
		if err == nil {
			var mesh *config.Mesh
			if mesh, err = file.Build(config.BuildOptions{}); err == nil {
				_ = mesh.Close(t.Context())
			}
		}
		if row.want == "" && err != nil || row.want != "" && (err == nil || !strings.HasSuffix(err.Error(), row.want) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: %v\nwant %s", row.telemeter, err, row.want)
		}
	}
}
