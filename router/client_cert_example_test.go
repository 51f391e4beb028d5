package router_test

import (
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// Endpoints are told who the client is, as Envoy tells it.
func ExampleClientCertFormat() {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, rest, _ := strings.Cut(r.Header.Get("x-forwarded-client-cert"), ";") // after the hash
		fmt.Println(rest)
	}))
	defer server.Close()
	var namer resolvetest.Namer
	namer.Bind("/web", server.Listener.Addr().String())
	interpreter, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: &namer}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	r, err := router.New(router.Config{
		Dtab:        resolve.MustDtab("/svc => /#/fake"),
		Interpreter: interpreter,
		Clients: func(resolve.Path) router.ClientPolicy {
			return router.ClientPolicy{ForwardClientCert: true, ClientCertFormat: router.EnvoyClientCert}
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()

	req, err := http.NewRequest(http.MethodGet, "http://web/", http.NoBody)
	if err != nil {
		fmt.Println(err)
		return
	}
	req.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{selfSigned("spiffe://td/a", "a")}} // a server sets it
	resp, err := r.RoundTrip(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	// Output: Subject="CN=me\, \"myself\"";URI=spiffe://td/a;DNS=a
}

func selfSigned(uri, host string) *x509.Certificate {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	u, err := url.Parse(uri)
	if err != nil {
		panic(err)
	}
	t := &x509.Certificate{
		Subject: pkix.Name{CommonName: `me, "myself"`}, SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour),
		URIs: []*url.URL{u}, DNSNames: []string{host},
	}
	raw, err := x509.CreateCertificate(nil, t, t, key.Public(), key)
	if err != nil {
		panic(err)
	}
	c, err := x509.ParseCertificate(raw)
	if err != nil {
		panic(err)
	}
	return c
}
