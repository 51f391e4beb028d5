package api

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// tokenAge is how long a token is used before its file is read again. Kubernetes
// replaces projected tokens well before they expire, so a minute is soon enough.
const tokenAge = time.Minute

// maxToken is more than any token has.
const maxToken = 64 << 10

// token is the content of a file that is replaced now and then.
type token struct {
	file string

	mu   sync.Mutex
	text string
	read time.Time
}

// get is the token. With an error it is the one that was read before.
func (t *token) get() (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.text != "" && time.Since(t.read) < tokenAge {
		return t.text, nil
	}
	data, err := os.ReadFile(t.file)
	text := strings.TrimSpace(string(data))
	switch {
	case err != nil:
	case text == "" || len(text) > maxToken || strings.ContainsAny(text, "\r\n\x00"):
		err = fmt.Errorf("%s holds no token", t.file)
	default:
		t.text = text
	}
	t.read = time.Now()
	return t.text, err
}

// refused has the file read again: the server has refused that token.
func (t *token) refused() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.read = time.Time{}
}

// tlsConfig verifies that the server is host.
func tlsConfig(a Access, host string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if a.CertFile != "" {
		if _, err := tls.LoadX509KeyPair(a.CertFile, a.KeyFile); err != nil {
			return nil, fmt.Errorf("certFile and keyFile: %w", err)
		}
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			pair, err := tls.LoadX509KeyPair(a.CertFile, a.KeyFile)
			return &pair, err
		}
	}
	if a.CAFile == "" {
		return c, nil
	}
	roots := &roots{file: a.CAFile}
	if err := roots.load(); err != nil {
		return nil, fmt.Errorf("caFile: %w", err)
	}
	// The standard verification has one pool for ever. This one does the same
	// with a pool that is read again where a server is not known by it.
	c.InsecureSkipVerify = true
	c.VerifyConnection = func(s tls.ConnectionState) error {
		err := roots.verify(s, host)
		if err == nil || roots.load() != nil {
			return err
		}
		return roots.verify(s, host)
	}
	return c, nil
}

// roots are the certificates of a file.
type roots struct {
	file string

	mu   sync.Mutex
	pool *x509.CertPool
}

func (r *roots) load() error {
	data, err := os.ReadFile(r.file)
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data) {
		return fmt.Errorf("%s holds no certificate", r.file)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pool = pool
	return nil
}

func (r *roots) verify(s tls.ConnectionState, host string) error {
	if len(s.PeerCertificates) == 0 {
		return errors.New("the server has no certificate")
	}
	r.mu.Lock()
	options := x509.VerifyOptions{Roots: r.pool, DNSName: host, Intermediates: x509.NewCertPool()}
	r.mu.Unlock()
	for _, c := range s.PeerCertificates[1:] {
		options.Intermediates.AddCert(c)
	}
	_, err := s.PeerCertificates[0].Verify(options)
	return err
}
