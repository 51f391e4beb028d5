package bed

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
)

// KillAPIServer ends the API server at once, as when its machine fails. The rest of
// the bed goes on.
func (b *Bed) KillAPIServer(ctx context.Context) error {
	pid := filepath.Join(b.dir, "apiserver.pid")
	_, err := b.Sh(ctx, "/", "pid=$(cat "+quote(pid)+"); kill -9 $pid; while kill -0 $pid 2>/dev/null; do sleep 0.05; done")
	return err
}

// StartAPIServer starts the API server again, and returns once it is ready.
func (b *Bed) StartAPIServer(ctx context.Context) error {
	script := filepath.Join(b.dir, "scripts", "apiserver.sh")
	_, err := b.Sh(ctx, "/", "bash "+quote(script)+" "+quote(b.program)+" "+quote(b.dir)+"\n"+
		"until kubectl get --raw /readyz >/dev/null 2>&1; do sleep 0.1; done")
	return err
}

// API returns a client of the API server that may do everything, and the URL that
// it is at. The caller closes its idle connections.
func (b *Bed) API() (*http.Client, string, error) {
	ca, err := os.ReadFile(filepath.Join(b.dir, "pki", "ca.crt"))
	if err != nil {
		return nil, "", err
	}
	token, err := os.ReadFile(filepath.Join(b.dir, "pki", "admin.token"))
	if err != nil {
		return nil, "", err
	}
	transport := b.Transport()
	transport.TLSClientConfig = &tls.Config{RootCAs: x509.NewCertPool()}
	if !transport.TLSClientConfig.RootCAs.AppendCertsFromPEM(ca) {
		return nil, "", fmt.Errorf("the bed's certificate authority: no certificate in %q", ca)
	}
	return &http.Client{Transport: withToken{transport, string(bytes.TrimSpace(token))}}, "https://" + controlPlane + ":6443", nil
}

// withToken adds the token of a user to each request.
type withToken struct {
	*http.Transport
	token string
}

func (w withToken) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+w.token)
	return w.Transport.RoundTrip(r)
}
