package certtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"
)

// V1 makes a certificate of X.509 version 1, as `openssl x509 -req` makes it without a file
// of extensions: it has no names but the common name, and no constraints. Without an issuer
// it is one of its own. crypto/x509 reads such certificates and does not make them.
func V1(tb testing.TB, issuer *Cert, commonName string, until time.Time) *Cert {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	c := &Cert{tb: tb, Key: key, issuer: issuer}
	raw := func(value any, err error) asn1.RawValue {
		tb.Helper()
		der, isBytes := value.([]byte)
		if err == nil && !isBytes {
			der, err = asn1.Marshal(value)
		}
		if err != nil {
			tb.Fatal(err)
		}
		return asn1.RawValue{FullBytes: der}
	}
	subject := raw(pkix.Name{CommonName: commonName}.ToRDNSequence(), nil)
	from, by := subject, key
	if issuer != nil {
		from, by = asn1.RawValue{FullBytes: issuer.Leaf.RawSubject}, issuer.Key.(*ecdsa.PrivateKey)
	}
	algorithm := pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}} // ecdsa-with-SHA256
	body := raw(struct {
		Serial    *big.Int
		Algorithm pkix.AlgorithmIdentifier
		Issuer    asn1.RawValue
		Validity  struct{ From, Until time.Time }
		Subject   asn1.RawValue
		Key       asn1.RawValue
	}{
		big.NewInt(time.Now().UnixNano()), algorithm, from,
		struct{ From, Until time.Time }{time.Date(2014, 1, 1, 0, 0, 0, 0, time.UTC), until.UTC().Truncate(time.Second)},
		subject, raw(x509.MarshalPKIXPublicKey(key.Public())),
	}, nil)
	sum := sha256.Sum256(body.FullBytes)
	signature, err := ecdsa.SignASN1(rand.Reader, by, sum[:])
	if err != nil {
		tb.Fatal(err)
	}
	whole := raw(struct {
		Body      asn1.RawValue
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{body, algorithm, asn1.BitString{Bytes: signature, BitLength: 8 * len(signature)}}, nil)
	if c.Leaf, err = x509.ParseCertificate(whole.FullBytes); err != nil {
		tb.Fatal(err)
	}
	return c
}
