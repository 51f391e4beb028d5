package app

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/certtest"
)

// TestExplainFromByTLS: explain asks an admin server by TLS, and says what is wrong and what
// to do about it where it cannot.
func TestExplainFromByTLS(t *testing.T) {
	dir := t.TempDir()
	ca, stranger := certtest.CA(t, "root"), certtest.CA(t, "stranger")
	bundle, other := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "other.pem")
	certtest.Write(t, bundle, ca.PEM())
	certtest.Write(t, other, stranger.PEM())
	ca.Issue([]string{"linkerd"}).Write(dir, "admin")
	cert, key := ca.Issue([]string{"me"}).Write(dir, "me")
	mesh := func(more string) string {
		return fmt.Sprintf(`
admin: {port: 0, tls: {certPath: %[1]s/admin.pem, keyPath: %[1]s/admin.key%s}}
routers:
- protocol: http
  dtab: /svc => /$/inet/127.0.0.1/1
  servers: [{port: 0}]
`, dir, more)
	}
	admin := startWith(t, mesh(""), "run", "-").addr("admin")
	asks := startWith(t, mesh(", requireClientAuth: true, caCertPath: "+bundle), "run", "-").addr("admin")
	plain := startWith(t, "admin: {port: 0}\nrouters: [{protocol: http, servers: [{port: 0}]}]\n", "run", "-").addr("admin")
	for _, row := range []struct {
		name string
		args []string
		want string // of the error; empty: there is none
	}{
		{"as it should be", []string{"-from", "https://" + admin, "-ca", bundle, "-tls-name", "linkerd"}, ""},
		{"without a scheme", []string{"-from", admin, "-ca", bundle, "-tls-name", "linkerd"}, ""},
		{"with a certificate", []string{"-from", asks, "-ca", bundle, "-tls-name", "linkerd", "-cert", cert, "-key", key}, ""},
		{"without a certificate", []string{"-from", asks, "-ca", bundle, "-tls-name", "linkerd"}, "certificate required: if it asks for a certificate, -cert and -key show one"},
		{"half a certificate", []string{"-from", asks, "-cert", cert}, "-cert and -key go together"},
		{"of another authority", []string{"-from", admin, "-ca", other, "-tls-name", "linkerd"}, "tls: certificate signed by unknown authority: -ca FILE names the authority that is trusted"},
		{"for another name", []string{"-from", admin, "-ca", bundle}, "tls: certificate is valid for linkerd, not 127.0.0.1: -tls-name NAME says for which name it must be"},
		{"no such file", []string{"-from", admin, "-ca", dir + "/none"}, dir + "/none does not exist"},
		{"in the clear", []string{"-from", "http://" + admin}, admin + " speaks TLS: say https://" + admin + ", and -ca FILE if the system does not trust its authority"},
		{"flags for nothing", []string{"-from", "http://" + admin, "-ca", bundle}, "-ca, -tls-name, -cert and -key are for https URLs, which http://" + admin + "/explain.json is not"},
		{"no TLS there", []string{"-from", "https://" + plain, "-ca", bundle}, "there is no TLS there; try http://" + plain},
	} {
		t.Run(row.name, func(t *testing.T) {
			status, out, stderr := runToEnd(t, "", append(append([]string{"explain"}, row.args...), "/svc/web")...)
			if row.want == "" && (status != 0 || !strings.Contains(out, "127.0.0.1:1")) || row.want != "" && (status != 1 || !strings.HasSuffix(stderr, row.want+"\n")) {
				t.Errorf("status %d\n%s%s\nwant %s", status, out, stderr, row.want)
			}
		})
	}
}

// TestDoctorByTLS: the doctor tests a collector by TLS.
func TestDoctorByTLS(t *testing.T) {
	dir := t.TempDir()
	ca := certtest.CA(t, "root")
	bundle := filepath.Join(dir, "ca.pem")
	certtest.Write(t, bundle, ca.PEM())
	collector := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1/traces" {
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	collector.TLS = showing(ca.Issue([]string{"collector"}))
	collector.Config.ErrorLog = quiet()
	collector.StartTLS()
	t.Cleanup(collector.Close)
	api := freePorts(t, 1)[0] // nobody listens there
	doctor := func(args ...string) string {
		_, out, _ := runToEnd(t, "", append([]string{"doctor", "-api", net.JoinHostPort("127.0.0.1", fmt.Sprint(api)), "-zipkin", "", "-otlp", collector.URL}, args...)...)
		return out
	}
	if out := doctor("-ca", bundle, "-tls-name", "collector"); !strings.Contains(out, "takes spans: io.opentelemetry.otlp") {
		t.Error(out)
	}
	if out := doctor("-tls-name", "collector"); !strings.Contains(out, "tls: certificate signed by unknown authority: -ca FILE names the authority that is trusted") {
		t.Error(out)
	}
}

// showing is the configuration of a server with a certificate.
func showing(c *certtest.Cert) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{c.Pair()}}
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }
