package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

var (
	errNotFile = errors.New("it is no file")
	errTooLong = fmt.Errorf("it is longer than %d MiB", maxFile>>20)
)

// Material is what a set of files has at one moment. It is immutable.
type Material struct {
	// Cert is the certificate with its chain and its key; nil: there is none.
	Cert *tls.Certificate
	// Roots are the authorities that are trusted; nil: those of the system. Their dates do
	// not count, as in Java: RFC 5280 section 6.1 has none for trust anchors.
	Roots *x509.CertPool
	// NotAfter is until when Cert is valid, with its chain; zero: there is none.
	NotAfter time.Time
	// Notices are what the owner of the files should know.
	Notices []string
}

// parse checks what was read.
func (f Files) parse(c contents, now time.Time) (*Material, error) {
	m := &Material{}
	if f.Cert != "" {
		if err := f.parseChain(m, c, now); err != nil {
			return nil, err
		}
	}
	for i, file := range f.Trust {
		found, err := certificates(trustKey, file, c.trust[i])
		if err != nil {
			return nil, err
		}
		if m.Roots == nil {
			m.Roots = x509.NewCertPool()
		}
		for _, root := range found {
			m.trust(file, root, now)
		}
	}
	return m, nil
}

// trust adds an authority.
func (m *Material) trust(file string, root *x509.Certificate, now time.Time) {
	if now.After(root.NotAfter) {
		m.Notices = append(m.Notices, fmt.Sprintf("%s: %s expired on %s, and is trusted all the same, as in Linkerd: dates of roots do not count",
			file, root.Subject, day(root.NotAfter)))
	}
	anchor := *root
	anchor.NotBefore, anchor.NotAfter = time.Time{}, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	m.Roots.AddCert(&anchor)
}

func (f Files) parseChain(m *Material, c contents, now time.Time) error {
	chain, err := certificates(certKey, f.Cert, c.cert)
	if err != nil {
		return err
	}
	if err := valid(certKey, f.Cert, chain, now); err != nil {
		return err
	}
	if f.Intermediates != "" {
		more, err := certificates(intermediatesKey, f.Intermediates, c.intermediates)
		if err != nil {
			return err
		}
		if err := valid(intermediatesKey, f.Intermediates, more, now); err != nil {
			return err
		}
		for _, one := range more { // which may stand in both files
			if !contains(chain, one) {
				chain = append(chain, one)
			}
		}
	}
	signer, err := f.signer(c.key, chain[0])
	if err != nil {
		return err
	}
	m.Cert = &tls.Certificate{PrivateKey: signer, Leaf: chain[0]}
	m.NotAfter = chain[0].NotAfter
	for _, one := range chain {
		m.Cert.Certificate = append(m.Cert.Certificate, one.Raw)
		if one.NotAfter.Before(m.NotAfter) {
			m.NotAfter = one.NotAfter
		}
	}
	return nil
}

func contains(all []*x509.Certificate, one *x509.Certificate) bool {
	for _, other := range all {
		if bytes.Equal(other.Raw, one.Raw) {
			return true
		}
	}
	return false
}

// certificates reads all certificates of a file, of which there must be one.
func certificates(key, file string, data []byte) (all []*x509.Certificate, err error) {
	other := ""
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" && block.Type != "TRUSTED CERTIFICATE" && block.Type != "X509 CERTIFICATE" {
			other = block.Type
			continue
		}
		one, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, &Problem{key, file, fmt.Sprintf("has a certificate that is wrong: %v", err), err}
		}
		all = append(all, one)
	}
	switch {
	case len(all) > 0:
		return all, nil
	case other != "":
		return nil, &Problem{Key: key, File: file, Reason: "has no certificate, but a block " + other}
	}
	return nil, &Problem{Key: key, File: file, Reason: "is not PEM: it has no block CERTIFICATE"}
}

// valid checks the dates of certificates that are shown to others.
func valid(key, file string, all []*x509.Certificate, now time.Time) error {
	for _, one := range all {
		switch {
		case now.After(one.NotAfter):
			return &Problem{Key: key, File: file, Reason: fmt.Sprintf("has a certificate of %s that expired on %s", subject(one), day(one.NotAfter))}
		case now.Before(one.NotBefore):
			return &Problem{Key: key, File: file, Reason: fmt.Sprintf("has a certificate of %s that is valid only from %s on", subject(one), one.NotBefore.UTC().Format(time.RFC3339))}
		}
	}
	return nil
}

// subject is whose certificate it is.
func subject(c *x509.Certificate) string {
	if s := c.Subject.String(); s != "" {
		return s
	}
	return "no subject"
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }
