package k8s_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
)

// authority signs certificates of servers and clients.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

// sign makes a certificate and its key, as PEM.
func (a *authority) sign(t *testing.T, name string, ips ...net.IP) (cert, key []byte) {
	t.Helper()
	own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), IPAddresses: ips,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, own.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})
}

// secure serves an API server by TLS, with a certificate that can be replaced.
type secure struct {
	*httptest.Server
	cert          atomic.Pointer[tls.Certificate]
	proto, client atomic.Value
	token         atomic.Value // the one that is taken
	asked         atomic.Int64 // with another one
}

func serveTLS(t *testing.T, api *k8stest.Server) *secure {
	t.Helper()
	s := &secure{}
	s.token.Store("")
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.proto.Store(r.Proto)
		if len(r.TLS.PeerCertificates) > 0 {
			s.client.Store(r.TLS.PeerCertificates[0].Subject.CommonName)
		}
		if want := s.token.Load().(string); want != "" && r.Header.Get("Authorization") != "Bearer "+want {
			s.asked.Add(1)
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"kind":"Status","reason":"Unauthorized","message":"Unauthorized","code":401}`))
			return
		}
		api.ServeHTTP(w, r)
	}))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		return &tls.Config{Certificates: []tls.Certificate{*s.cert.Load()}, ClientAuth: tls.RequestClientCert, NextProtos: []string{"h2", "http/1.1"}}, nil
	}}
	return s
}

func (s *secure) certificate(t *testing.T, a *authority, ips ...net.IP) {
	t.Helper()
	cert, key := a.sign(t, "server", ips...)
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	s.cert.Store(&pair)
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// bound waits until a name has that address, on the clock of the wall.
func bound(t *testing.T, n *k8s.Namer, name, address string) {
	t.Helper()
	got := make(chan struct{}, 1)
	tree := n.Lookup(resolve.MustPath(name))
	defer tree.Observe(func(s resolve.State[resolve.NameTree[resolve.Name]]) {
		if s.Value.Op == resolve.Leaf {
			select {
			case got <- struct{}{}:
			default:
			}
		}
	})()
	select {
	case <-got:
	case <-time.After(60 * time.Second):
		t.Fatalf("%s is not bound: %+v", name, tree.Sample())
	}
	if r, err := tree.Sample().Value.Leaf.Bound.Addr.Wait(t.Context()); err != nil || len(r.Addresses) != 1 || r.Addresses[0].String() != address {
		t.Errorf("%s is at %v, %v", name, r, err)
	}
}

func secureNamer(t *testing.T, a k8s.Access) (*k8s.Client, *k8s.Namer) {
	t.Helper()
	c, err := k8s.NewClient(k8s.ClientConfig{Access: a})
	if err != nil {
		t.Fatal(err)
	}
	n, err := k8s.New(k8s.Config{Client: c})
	if err != nil {
		t.Fatal(err)
	}
	return c, n
}

// TestCredentials: a token and the certificates of the authority are replaced while
// the client runs (208).
func TestCredentials(t *testing.T) {
	var api k8stest.Server
	api.Bind("default", "a", "http", "10.0.0.1:80")
	api.Bind("default", "b", "http", "10.0.0.2:80")
	first, second := newAuthority(t), newAuthority(t)
	s := serveTLS(t, &api)
	s.certificate(t, first, net.IPv4(127, 0, 0, 1))
	s.StartTLS()
	defer s.Close()

	dir := t.TempDir()
	ca, token, cert, key := filepath.Join(dir, "ca.crt"), filepath.Join(dir, "token"), filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	certPEM, keyPEM := first.sign(t, "hop")
	write(t, ca, first.pem)
	write(t, token, []byte("one\n"))
	write(t, cert, certPEM)
	write(t, key, keyPEM)
	s.token.Store("one")

	c, n := secureNamer(t, k8s.Access{URL: s.URL, CAFile: ca, TokenFile: token, CertFile: cert, KeyFile: key})
	defer c.Close()
	bound(t, n, "/default/http/a", "10.0.0.1:80")
	if p := s.proto.Load(); p != "HTTP/2.0" {
		t.Errorf("the protocol is %v", p)
	}
	if name := s.client.Load(); name != "hop" {
		t.Errorf("the client is %v", name)
	}
	// The server takes another token from now on, which is in the file already.
	write(t, token, []byte("two"))
	s.token.Store("two")
	bound(t, n, "/default/http/b", "10.0.0.2:80")
	// The watch of before may have begun in between.
	if n := s.asked.Load(); n < 1 || n > 2 {
		t.Errorf("the old token was sent %d times", n)
	}
	// A file without a token leaves the old one.
	write(t, token, nil)
	bound(t, n, "/default/http/a", "10.0.0.1:80")

	// Another authority signs the server's certificate.
	s.certificate(t, second, net.IPv4(127, 0, 0, 1))
	write(t, ca, second.pem)
	s.CloseClientConnections()
	bound(t, n, "/default/http/b", "10.0.0.2:80")
}

// TestServerIsVerified: neither another authority's server nor one of another name
// is asked anything.
func TestServerIsVerified(t *testing.T) {
	mine, other := newAuthority(t), newAuthority(t)
	for _, row := range []struct {
		what string
		by   *authority
		ip   net.IP
		want string
	}{
		{"another authority", other, net.IPv4(127, 0, 0, 1), "certificate signed by unknown authority"},
		{"another name", mine, net.IPv4(127, 0, 0, 2), "certificate is valid for 127.0.0.2, not 127.0.0.1"},
	} {
		t.Run(row.what, func(t *testing.T) {
			var api k8stest.Server
			s := serveTLS(t, &api)
			s.certificate(t, row.by, row.ip)
			s.StartTLS()
			defer s.Close()
			ca := filepath.Join(t.TempDir(), "ca.crt")
			write(t, ca, mine.pem)
			c, n := secureNamer(t, k8s.Access{URL: s.URL, CAFile: ca})
			defer c.Close()
			failed := make(chan string, 1)
			defer n.Lookup(resolve.MustPath("/default/http/a")).Observe(func(s resolve.State[resolve.NameTree[resolve.Name]]) {
				if s.Err != nil {
					select {
					case failed <- s.Err.Error():
					default:
					}
				}
			})()
			select {
			case text := <-failed:
				if !strings.Contains(text, row.want) {
					t.Errorf("it says %q", text)
				}
			case <-time.After(60 * time.Second):
				t.Error("it says nothing")
			}
			if asked := api.Requests(); len(asked) > 0 {
				t.Errorf("it was asked %q", asked)
			}
		})
	}
}

// TestInCluster has the server from the environment (209).
func TestInCluster(t *testing.T) {
	for _, row := range []struct{ host, port, want string }{
		{"", "443", "k8s: inCluster: the environment has no KUBERNETES_SERVICE_HOST, which it has in every pod"},
		{"10.0.0.1", "", "k8s: inCluster: the environment has no KUBERNETES_SERVICE_PORT, which it has in every pod"},
		{"10.0.0.1", "443", "k8s: caFile: open /var/run/secrets/kubernetes.io/serviceaccount/ca.crt: no such file or directory"},
		{"fd00::1", "443", "k8s: caFile: open /var/run/secrets/kubernetes.io/serviceaccount/ca.crt: no such file or directory"},
	} {
		t.Setenv("KUBERNETES_SERVICE_HOST", row.host)
		t.Setenv("KUBERNETES_SERVICE_PORT", row.port)
		if _, err := k8s.NewClient(k8s.ClientConfig{Access: k8s.Access{InCluster: true}}); err == nil || err.Error() != row.want {
			t.Errorf("%s:%s: %v", row.host, row.port, err)
		}
	}
	var api k8stest.Server
	api.Bind("default", "a", "http", "10.0.0.1:80")
	by := newAuthority(t)
	s := serveTLS(t, &api)
	s.certificate(t, by, net.IPv6loopback)
	listener, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skipf("NOT TESTED: no IPv6 here: %v", err)
	}
	_ = s.Listener.Close()
	s.Listener = listener
	s.StartTLS()
	defer s.Close()
	host, port, _ := net.SplitHostPort(listener.Addr().String())
	t.Setenv("KUBERNETES_SERVICE_HOST", host)
	t.Setenv("KUBERNETES_SERVICE_PORT", port)
	dir := t.TempDir()
	ca, token := filepath.Join(dir, "ca"), filepath.Join(dir, "token")
	write(t, ca, by.pem)
	write(t, token, []byte("t"))
	s.token.Store("t")
	c, n := secureNamer(t, k8s.Access{InCluster: true, CAFile: ca, TokenFile: token})
	defer c.Close()
	bound(t, n, "/default/http/a", "10.0.0.1:80")
}

// TestProxy: a kubectl proxy that is not there yet, that goes away and comes back,
// on real connections (203, 204, 210).
func TestProxy(t *testing.T) {
	var api k8stest.Server
	api.Bind("default", "a", "http", "10.0.0.1:80")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	at := listener.Addr().(*net.TCPAddr)
	_ = listener.Close()
	c, n := secureNamer(t, k8s.Access{Host: "localhost", Port: uint16(at.Port)})
	defer c.Close()
	tree := n.Lookup(resolve.MustPath("/default/http/a"))
	defer tree.Observe(func(resolve.State[resolve.NameTree[resolve.Name]]) {})()
	for range 2 {
		if listener, err = net.Listen("tcp", at.String()); err != nil {
			t.Skipf("NOT TESTED: %v", err)
		}
		proxy := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if host, _, _ := net.SplitHostPort(r.Host); host != "localhost" {
				w.WriteHeader(http.StatusForbidden)
				return
			}
			api.ServeHTTP(w, r)
		})}
		done := make(chan struct{})
		go func() { defer close(done); _ = proxy.Serve(listener) }()
		bound(t, n, "/default/http/a", "10.0.0.1:80")
		for begun := time.Now(); api.Watches("") == 0; time.Sleep(time.Millisecond) {
			if time.Since(begun) > 60*time.Second {
				t.Fatal("it is not watched")
			}
		}
		_ = proxy.Close()
		<-done
		for begun := time.Now(); api.Watches("") > 0; time.Sleep(time.Millisecond) {
			if time.Since(begun) > 60*time.Second {
				t.Fatal("the watch has not ended")
			}
		}
		bound(t, n, "/default/http/a", "10.0.0.1:80")
	}
}
