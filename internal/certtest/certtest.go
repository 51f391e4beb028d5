// Package certtest makes certificates for tests. Keys are of elliptic curves, because they
// are made at once, and stand in no file of the repository.
package certtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A Cert is a certificate with its key.
type Cert struct {
	tb     testing.TB
	Leaf   *x509.Certificate
	Key    crypto.Signer
	issuer *Cert // nil: itself
}

// A Change changes a certificate before it is signed.
type Change func(*x509.Certificate)

// CA makes an authority.
func CA(tb testing.TB, name string, changes ...Change) *Cert {
	tb.Helper()
	return issue(tb, nil, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}, changes)
}

// Issue makes a certificate for names of hosts, addresses and URIs. Without any it has no
// subject alternative name. The common name is "leaf", unless a change says otherwise.
func (c *Cert) Issue(names []string, changes ...Change) *Cert {
	c.tb.Helper()
	t := &x509.Certificate{Subject: pkix.Name{CommonName: "leaf"}}
	for _, name := range names {
		if u, err := url.Parse(name); err == nil && u.Host != "" {
			t.URIs = append(t.URIs, u)
		} else if ip := net.ParseIP(name); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, name)
		}
	}
	return issue(c.tb, c, t, changes)
}

// CommonName sets the common name of the subject.
func CommonName(name string) Change {
	return func(c *x509.Certificate) { c.Subject.CommonName = name }
}

// Expired has the certificate expire on 2016-11-19, as that of a well-known example.
func Expired(c *x509.Certificate) {
	c.NotBefore, c.NotAfter = time.Date(2016, 10, 20, 0, 0, 0, 0, time.UTC), time.Date(2016, 11, 19, 0, 0, 0, 0, time.UTC)
}

// Authority makes it one that may issue others.
func Authority(c *x509.Certificate) {
	c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
}

func issue(tb testing.TB, issuer *Cert, template *x509.Certificate, changes []Change) *Cert {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return sign(tb, issuer, key, template, changes)
}

// With makes the same certificate for another key.
func (c *Cert) With(key crypto.Signer) *Cert {
	template := *c.Leaf
	return sign(c.tb, c.issuer, key, &template, nil)
}

func sign(tb testing.TB, issuer *Cert, key crypto.Signer, template *x509.Certificate, changes []Change) *Cert {
	tb.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		tb.Fatal(err)
	}
	template.SerialNumber = serial
	if template.NotAfter.IsZero() {
		template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	}
	for _, change := range changes {
		change(template)
	}
	c := &Cert{tb: tb, Key: key, issuer: issuer}
	parent, by := template, crypto.Signer(key)
	if issuer != nil {
		parent, by = issuer.Leaf, issuer.Key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), by)
	if err != nil {
		tb.Fatal(err)
	}
	if c.Leaf, err = x509.ParseCertificate(raw); err != nil {
		tb.Fatal(err)
	}
	return c
}

// PEM is the certificate.
func (c *Cert) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Leaf.Raw})
}

// KeyPEM is its key in PKCS#8.
func (c *Cert) KeyPEM() []byte {
	c.tb.Helper()
	raw, err := x509.MarshalPKCS8PrivateKey(c.Key)
	if err != nil {
		c.tb.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
}

// Pair is both for crypto/tls.
func (c *Cert) Pair() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{c.Leaf.Raw}, PrivateKey: c.Key, Leaf: c.Leaf}
}

// Pool has the certificate as a root.
func (c *Cert) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c.Leaf)
	return pool
}

// Write writes NAME.pem and NAME.key into a directory, each at once, and returns their paths.
func (c *Cert) Write(dir, name string) (cert, key string) {
	c.tb.Helper()
	cert, key = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
	Write(c.tb, cert, c.PEM())
	Write(c.tb, key, c.KeyPEM())
	return cert, key
}

// Write writes a file at once: nobody sees a half of it.
func Write(tb testing.TB, file string, data []byte) {
	tb.Helper()
	if err := os.WriteFile(file+".new", data, 0o600); err != nil {
		tb.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		tb.Fatal(err)
	}
}
