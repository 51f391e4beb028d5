package certs

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// verifier verifies the certificate of a server, or of a client.
type verifier struct {
	set    *Set // whose roots are trusted
	name   Name // of a server; zero: no name is compared
	usage  x509.ExtKeyUsage
	notice func(string)

	mu   sync.Mutex
	told map[[sha256.Size]byte]bool // certificates without names
}

// maxTold bounds how many certificates without names are told of.
const maxTold = 100

// verify is for tls.Config.VerifyConnection.
func (v *verifier) verify(s tls.ConnectionState) error {
	if len(s.PeerCertificates) == 0 {
		return errors.New("tls: the peer has shown no certificate")
	}
	leaf := s.PeerCertificates[0]
	options := x509.VerifyOptions{
		Roots: v.set.Current().Roots, Intermediates: x509.NewCertPool(), CurrentTime: time.Now(), KeyUsages: []x509.ExtKeyUsage{v.usage},
	}
	for _, c := range s.PeerCertificates[1:] {
		options.Intermediates.AddCert(c)
	}
	if _, err := leaf.Verify(options); err != nil {
		return &verifyError{err}
	}
	if v.name.text == "" {
		return nil
	}
	byCommonName, err := v.name.check(leaf)
	if err != nil {
		return &verifyError{err}
	}
	if byCommonName && v.first(leaf) {
		v.notice(fmt.Sprintf("the certificate of %s has no subject alternative name; its common name counts, as in Linkerd: re-issue it", subject(leaf)))
	}
	return nil
}

// first reports whether a certificate was not told of before.
func (v *verifier) first(c *x509.Certificate) bool {
	sum := sha256.Sum256(c.Raw)
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.told[sum] || len(v.told) >= maxTold {
		return false
	}
	if v.told == nil {
		v.told = map[[sha256.Size]byte]bool{}
	}
	v.told[sum] = true
	return true
}

// verifyError is the error of a certificate that is not accepted, in the words of crypto/tls.
type verifyError struct{ err error }

func (e *verifyError) Error() string { return "tls: " + strings.TrimPrefix(e.err.Error(), "x509: ") }
func (e *verifyError) Unwrap() error { return e.err }
