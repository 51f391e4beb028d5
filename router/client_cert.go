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

// A ClientCertFormat is a form of the header x-forwarded-client-cert. In all of them what
// could end a value is in quotes or escaped, so that a certificate cannot claim to be
// another one.
type ClientCertFormat uint8

const (
	// LinkerdClientCert is that of Linkerd: the hash in upper case, the URIs and the names of
	// hosts in the certificate's order, and the subject:
	//
	//	Hash=0E5F;SAN=spiffe://a/web;DNS=web;Subject="CN=web"
	LinkerdClientCert ClientCertFormat = iota
	// EnvoyClientCert is that of Envoy: the URI of the server's own certificate where it has
	// one, the hash in lower case, the subject, the URIs and then the names of hosts:
	//
	//	By=spiffe://a/hop;Hash=0e5f;Subject="CN=web";URI=spiffe://a/web;DNS=web
	EnvoyClientCert
)

// writeClientCert tells which certificate the client has shown, if it has.
func (o *outgoing) writeClientCert(of *tls.ConnectionState, format ClientCertFormat, own func() string) {
	o.cert = true // what the client claims does not go on
	switch {
	case of == nil || len(of.PeerCertificates) == 0:
	case format == EnvoyClientCert:
		o.add(certField, envoyClientCert(of.PeerCertificates[0], own))
	default:
		o.add(certField, linkerdClientCert(of.PeerCertificates[0]))
	}
}

// maxClientCert bounds what is told of a certificate. What does not fit is left out.
const maxClientCert = 4 << 10

// certParts are the parts of the header.
type certParts struct {
	all  []string
	size int
}

func (p *certParts) add(part string) {
	if len(p.all) > 0 {
		p.size++ // for what separates it from the one before
	}
	if p.size += len(part); p.size <= maxClientCert {
		p.all = append(p.all, part)
	}
}

func (p *certParts) addNames(names []asn1.RawValue, tag int, key string) {
	for _, name := range names {
		if name.Tag == tag {
			p.add(key + certValue(string(name.Bytes), false))
		}
	}
}

func (p *certParts) addSubject(c *x509.Certificate) {
	var subject pkix.RDNSequence
	if _, err := asn1.Unmarshal(c.RawSubject, &subject); err == nil && len(subject) > 0 {
		p.add("Subject=" + certValue(subject.String(), true))
	}
}

// linkerdClientCert is what ForwardClientCertFilter.scala makes.
func linkerdClientCert(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	var p certParts
	p.add("Hash=" + strings.ToUpper(hex.EncodeToString(sum[:])))
	for _, name := range alternativeNames(c) {
		switch name.Tag {
		case uriTag:
			p.add("SAN=" + certValue(string(name.Bytes), false))
		case hostTag:
			p.add("DNS=" + certValue(string(name.Bytes), false))
		}
	}
	p.addSubject(c)
	return strings.Join(p.all, ";")
}

// envoyClientCert is what Envoy makes with all details but the certificate itself. own
// returns the URI of the server's certificate; nil: it is not known.
func envoyClientCert(c *x509.Certificate, own func() string) string {
	sum := sha256.Sum256(c.Raw)
	var p certParts
	if own != nil {
		if uri := own(); uri != "" {
			p.add("By=" + certValue(uri, false))
		}
	}
	p.add("Hash=" + hex.EncodeToString(sum[:]))
	p.addSubject(c)
	names := alternativeNames(c)
	p.addNames(names, uriTag, "URI=")
	p.addNames(names, hostTag, "DNS=")
	return strings.Join(p.all, ";")
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
