package router

import (
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"slices"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/wire"
)

// TestHeaderOfClientCert: what the endpoint is told of the client's certificate.
func TestHeaderOfClientCert(t *testing.T) {
	const hash = "Hash=03D66DD08835C1CA3F128CCEACD1F31AC94163096B20F445AE84285BC0832D72"
	name := func(tag int, text string) asn1.RawValue {
		return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, Bytes: []byte(text)}
	}
	most := strings.Repeat("u", 4<<10-len(hash)-len(";SAN="))
	for _, row := range []struct {
		what    string
		names   []asn1.RawValue
		subject pkix.Name
		want    string
	}{
		{what: "nothing but itself"},
		{"names in their order", []asn1.RawValue{name(6, "https://a"), name(2, "b"), name(1, "mail@c"), name(2, "d"), name(6, "spiffe://e")}, pkix.Name{},
			";SAN=https://a;DNS=b;DNS=d;SAN=spiffe://e"},
		{"a subject", nil, pkix.Name{CommonName: "a", Organization: []string{"b"}}, `;Subject="CN=a,O=b"`},
		{"a subject with quotes", nil, pkix.Name{CommonName: `a"b\`}, `;Subject="CN=a\"b\\"`},
		{"names that end a value", []asn1.RawValue{name(2, "b;DNS=evil"), name(6, "a=b")}, pkix.Name{}, `;DNS="b;DNS=evil";SAN="a=b"`},
		{"as much as there is room for", []asn1.RawValue{name(6, most)}, pkix.Name{}, ";SAN=" + most},
		{"more than there is room for", []asn1.RawValue{name(6, most+"u"), name(2, "b")}, pkix.Name{CommonName: "a"}, ""},
	} {
		t.Run(row.what, func(t *testing.T) {
			cert := &x509.Certificate{Raw: []byte("certificate")}
			for of, names := range [][]asn1.RawValue{17: row.names, 18: {name(2, "issuer")}} {
				if len(names) == 0 {
					continue
				}
				value, err := asn1.Marshal(names)
				if err != nil {
					t.Fatal(err)
				}
				cert.Extensions = append(cert.Extensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, of}, Value: value})
			}
			var err error
			if cert.RawSubject, err = asn1.Marshal(row.subject.ToRDNSequence()); err != nil {
				t.Fatal(err)
			}
			s := newAlone(t)
			s.x.out.TLS = &tls.ConnectionState{PeerCertificates: []*x509.Certificate{cert, {Raw: []byte("its issuer")}}}
			a := s.begin(0)
			if _, err := (&header{forwardCert: true, below: s.below}).do(s.x); err != nil {
				t.Fatal(err)
			}
			got := a.header.header(a.ctx, s.hop, s.x.out.Header)[wire.Lower(wire.XForwardedClientCertName)]
			if want := []string{hash + row.want}; !slices.Equal(got, want) {
				t.Errorf("got  %.300q\nwant %.300q", got, want)
			}
		})
	}
}

// FuzzCertValue: no value breaks out of the header, or out of its place in it.
func FuzzCertValue(f *testing.F) {
	for _, seed := range []string{"a", "", "a;b", `a"b`, `a\"b`, "a\r\nHost: x", "C=US,CN=a", "\x7f\x00", `\`, `a\\"b`} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, quoted bool) {
		value := certValue(text, quoted)
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("%q becomes %q", text, value)
		}
		inside, isQuoted := value, false
		if strings.HasPrefix(value, `"`) {
			isQuoted = true
			if len(value) < 2 || !strings.HasSuffix(value, `"`) {
				t.Fatalf("%q becomes %q", text, value)
			}
			inside = value[1 : len(value)-1]
		}
		if quoted != isQuoted && quoted {
			t.Errorf("%q becomes %q", text, value)
		}
		escaped := false
		for _, c := range []byte(inside) {
			if c == '"' && !escaped || !isQuoted && strings.IndexByte(`;,="`, c) >= 0 {
				t.Fatalf("%q becomes %q", text, value)
			}
			escaped = c == '\\' && !escaped
		}
		if escaped && isQuoted {
			t.Errorf("%q becomes %q, whose end is escaped", text, value)
		}
	})
}
