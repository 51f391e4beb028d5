package router

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"strings"
)

// writeClientCert tells which certificate the client has shown, if it has.
func (o *outgoing) writeClientCert(of *tls.ConnectionState) {
	o.cert = true // what the client claims does not go on
	if of != nil && len(of.PeerCertificates) > 0 {
		o.add(certField, clientCert(of.PeerCertificates[0]))
	}
}

// maxClientCert bounds what is told of a certificate. What does not fit is left out.
const maxClientCert = 4 << 10

// clientCert is a certificate as Linkerd tells of it: the hash, the URIs and the names of
// hosts in their order, and the subject (ForwardClientCertFilter.scala).
func clientCert(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	parts := []string{"Hash=" + strings.ToUpper(hex.EncodeToString(sum[:]))}
	size := len(parts[0])
	add := func(part string) {
		if size += 1 + len(part); size <= maxClientCert {
			parts = append(parts, part)
		}
	}
	for _, name := range alternativeNames(c) {
		switch name.Tag {
		case uriTag:
			add("SAN=" + certValue(string(name.Bytes), false))
		case hostTag:
			add("DNS=" + certValue(string(name.Bytes), false))
		}
	}
	var subject pkix.RDNSequence
	if _, err := asn1.Unmarshal(c.RawSubject, &subject); err == nil && len(subject) > 0 {
		add("Subject=" + certValue(subject.String(), true))
	}
	return strings.Join(parts, ";")
}

// The kinds of a GeneralName (RFC 5280 section 4.2.1.6).
const (
	hostTag = 2
	uriTag  = 6
)

// alternativeNames are those of the certificate in their order, which x509.Certificate does
// not keep.
func alternativeNames(c *x509.Certificate) (all []asn1.RawValue) {
	for _, e := range c.Extensions {
		if e.Id.Equal(asn1.ObjectIdentifier{2, 5, 29, 17}) {
			if _, err := asn1.Unmarshal(e.Value, &all); err != nil {
				return nil
			}
		}
	}
	return all
}

// certValue is a value of the header. It is in quotes if it is to be, or if it has what ends
// a value. What cannot stand in a header is escaped as in a URI.
func certValue(text string, quoted bool) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c < ' ' || c == 0x7f:
			fmt.Fprintf(&b, "%%%02X", c)
		case c == '\\' && i+1 == len(text):
			b.WriteString(`\\`)
		case c == '\\' && (text[i+1] == '"' || text[i+1] == '\\'): // a subject has them escaped
			b.WriteString(text[i : i+2])
			i++
		case c == '"':
			b.WriteString(`\"`)
		default:
			b.WriteByte(c)
		}
	}
	if quoted || strings.ContainsAny(text, `;,="`) {
		return `"` + b.String() + `"`
	}
	return b.String()
}
