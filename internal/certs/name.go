package certs

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// A Name is what a server's certificate must be for. It is compared as Linkerd, and so
// Java, does it: with the certificate's names of hosts, and with the common name of its
// subject where it has no subject alternative names at all. The second is what Go refuses.
//
// A name with a scheme, such as spiffe://cluster.local/ns/web, is compared with the URIs of
// the certificate, as it is, and with nothing else.
type Name struct {
	text   string
	uri    bool
	strict bool // the common name never counts
}

// ParseName reads a name. With strict, a common name never counts.
func ParseName(text string, strict bool) (Name, error) {
	n := Name{text, strings.Contains(text, "://"), strict}
	if text == "" {
		return n, errors.New("must not be empty")
	}
	if len(text) > maxName || strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c >= 0x7f }) {
		return n, fmt.Errorf("must be the name of a host or a URI, not %.60q", text)
	}
	if n.uri {
		if u, err := url.Parse(text); err != nil || u.Host == "" {
			return n, fmt.Errorf("%.60q is not a URI such as spiffe://cluster.local/ns/default", text)
		}
	}
	return n, nil
}

// maxName is more than any name in a certificate has.
const maxName = 2048

// String returns the name as it was given.
func (n Name) String() string { return n.text }

// ServerName is what the server is told of it (SNI).
func (n Name) ServerName() string {
	if n.uri {
		return ""
	}
	return n.text
}

// check reports whether a certificate is for the name. byCommonName says that only its
// common name says so.
func (n Name) check(c *x509.Certificate) (byCommonName bool, err error) {
	if n.uri {
		for _, u := range c.URIs {
			if u.String() == n.text {
				return false, nil
			}
		}
		return false, &NameError{n.text, namesOf(c)}
	}
	if hasNames(c) {
		if c.VerifyHostname(n.text) != nil {
			return false, &NameError{n.text, namesOf(c)}
		}
		return false, nil
	}
	// Of a certificate that has the common name as a name of a host, Go compares it.
	stand := &x509.Certificate{DNSNames: []string{c.Subject.CommonName}}
	switch {
	case c.Subject.CommonName == "" || stand.VerifyHostname(n.text) != nil:
		return false, &NameError{n.text, namesOf(c)}
	case n.strict:
		return false, fmt.Errorf("certificate has no subject alternative name, and its common name %s does not count with strictNames", c.Subject.CommonName)
	}
	return true, nil
}

// hasNames reports whether a certificate has subject alternative names of any kind.
func hasNames(c *x509.Certificate) bool {
	for _, e := range c.Extensions {
		if e.Id.String() == "2.5.29.17" {
			return true
		}
	}
	return false
}

// namesOf are the names of a certificate, for a message.
func namesOf(c *x509.Certificate) string {
	var all []string
	for _, u := range c.URIs {
		all = append(all, u.String())
	}
	all = append(all, c.DNSNames...)
	for _, ip := range c.IPAddresses {
		all = append(all, ip.String())
	}
	if !hasNames(c) && c.Subject.CommonName != "" {
		all = append(all, c.Subject.CommonName)
	}
	const most = 5
	if len(all) > most {
		all = append(all[:most], fmt.Sprintf("%d more", len(all)-most))
	}
	for i, one := range all { // which is a stranger's
		if len(one) > 255 {
			all[i] = one[:255] + "..."
		}
	}
	return strings.Join(all, ", ")
}

// A NameError says that a certificate is not for the name that it should be for.
type NameError struct {
	Name string
	Has  string // the names that it is for
}

func (e *NameError) Error() string {
	if e.Has == "" {
		return "certificate has no names, not even " + e.Name
	}
	return "certificate is valid for " + e.Has + ", not " + e.Name
}

// WrongName tells the error from others.
func (e *NameError) WrongName() bool { return true }
