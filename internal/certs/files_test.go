package certs_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/certs"
	"github.com/meshhop/meshhop/internal/certtest"
)

// TestFiles: what is accepted, and each reason for which files are refused.
func TestFiles(t *testing.T) {
	dir := t.TempDir()
	ca := certtest.CA(t, "root")
	middle := ca.Issue(nil, certtest.Authority, certtest.CommonName("middle"))
	leaf := middle.Issue([]string{"a"})
	other := ca.Issue([]string{"b"})
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	forRSA, forEd := leaf.With(rsaKey), leaf.With(edKey)
	write := func(name string, parts ...[]byte) string {
		file := filepath.Join(dir, name)
		certtest.Write(t, file, bytes.Join(parts, nil))
		return file
	}
	block := func(kind string, der []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	cert, key := write("a.pem", leaf.PEM()), write("a.key", leaf.KeyPEM())
	sec1, err := x509.MarshalECPrivateKey(leaf.Key.(*ecdsa.PrivateKey))
	for _, row := range []struct {
		name, vector string
		files        certs.Files
		key, reason  string // of the problem; no reason: there is none
		chain        int    // certificates that are sent
	}{
		{name: "PKCS#8", vector: "400", files: certs.Files{Cert: cert, Key: key}, chain: 1},
		{name: "SEC 1", vector: "418", files: certs.Files{Cert: cert, Key: write("sec1.key", block("EC PARAMETERS", []byte{6, 0}, nil), block("EC PRIVATE KEY", sec1, err))}, chain: 1},
		{name: "PKCS#1", vector: "418", files: certs.Files{Cert: write("rsa.pem", forRSA.PEM()), Key: write("rsa.key", block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey), nil))}, chain: 1},
		{name: "Ed25519", files: certs.Files{Cert: write("ed.pem", forEd.PEM()), Key: write("ed.key", forEd.KeyPEM())}, chain: 1},
		{name: "a chain in one file", vector: "417", files: certs.Files{Cert: write("chain.pem", leaf.PEM(), middle.PEM()), Key: key}, chain: 2},
		{name: "a chain in two files", files: certs.Files{Cert: cert, Intermediates: write("middle.pem", middle.PEM()), Key: key}, chain: 2},
		{name: "a chain in both files", files: certs.Files{Cert: write("chain2.pem", leaf.PEM(), middle.PEM()), Intermediates: write("middle2.pem", middle.PEM()), Key: key}, chain: 2},
		{name: "text around it", files: certs.Files{Cert: write("text.pem", []byte("subject: a\n"), leaf.PEM(), []byte("end\n")), Key: key}, chain: 1},
		{name: "the key in the same file", files: certs.Files{Cert: write("both.pem", leaf.KeyPEM(), leaf.PEM()), Key: filepath.Join(dir, "both.pem")}, chain: 1},

		{name: "no certificate", vector: "419", files: certs.Files{Cert: filepath.Join(dir, "none.pem"), Key: key}, key: "certPath", reason: "none.pem does not exist"},
		{name: "no key", files: certs.Files{Cert: cert, Key: filepath.Join(dir, "none.key")}, key: "keyPath", reason: "none.key does not exist"},
		{name: "a directory", files: certs.Files{Cert: dir, Key: key}, key: "certPath", reason: "cannot be read: it is no file"},
		{name: "garbage", files: certs.Files{Cert: write("garbage.pem", []byte("x")), Key: key}, key: "certPath", reason: "garbage.pem is not PEM: it has no block CERTIFICATE"},
		{name: "garbage within PEM", files: certs.Files{Cert: write("within.pem", block("CERTIFICATE", []byte("x"), nil)), Key: key}, key: "certPath", reason: "has a certificate that is wrong: x509: "},
		{name: "the key for the certificate", files: certs.Files{Cert: key, Key: key}, key: "certPath", reason: "has no certificate, but a block PRIVATE KEY"},
		{name: "the certificate for the key", files: certs.Files{Cert: cert, Key: cert}, key: "keyPath", reason: "has no private key, but a block CERTIFICATE"},
		{name: "garbage for the key", files: certs.Files{Cert: cert, Key: write("garbage.key", []byte("x"))}, key: "keyPath", reason: "garbage.key is not PEM: it has no block PRIVATE KEY"},
		{name: "a broken key", files: certs.Files{Cert: cert, Key: write("broken.key", block("PRIVATE KEY", []byte("x"), nil))}, key: "keyPath", reason: "has a private key that is wrong: "},
		{name: "another's key", files: certs.Files{Cert: cert, Key: write("b.key", other.KeyPEM())}, key: "keyPath", reason: "b.key has a key that does not belong to the certificate in " + cert},
		{name: "a key of another type", files: certs.Files{Cert: cert, Key: filepath.Join(dir, "rsa.key")}, key: "keyPath", reason: "has a key of the wrong type: it is RSA, and the certificate in " + cert + " is for EC"},
		{name: "an encrypted key", files: certs.Files{Cert: cert, Key: write("encrypted.key", block("ENCRYPTED PRIVATE KEY", []byte("x"), nil))}, key: "keyPath", reason: "has a private key that is encrypted"},
		{name: "a key encrypted in the old way", files: certs.Files{Cert: cert, Key: write("old.key", []byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,1\n\nAA==\n-----END RSA PRIVATE KEY-----\n"))}, key: "keyPath", reason: "has a private key that is encrypted"},
		{name: "a key of DSA", files: certs.Files{Cert: cert, Key: write("dsa.key", block("DSA PRIVATE KEY", []byte("x"), nil))}, key: "keyPath", reason: "the format DSA PRIVATE KEY is not supported"},
		{name: "expired", files: certs.Files{Cert: write("expired.pem", ca.Issue([]string{"a"}, certtest.Expired, certtest.CommonName("old")).PEM()), Key: key}, key: "certPath", reason: "has a certificate of CN=old that expired on 2016-11-19"},
		{name: "an expired part of the chain", files: certs.Files{Cert: cert, Intermediates: write("oldmiddle.pem", ca.Issue(nil, certtest.Authority, certtest.Expired).PEM()), Key: key}, key: "intermediateCertsPath", reason: "expired on 2016-11-19"},
		{name: "not valid yet", files: certs.Files{Cert: write("early.pem", ca.Issue([]string{"a"}, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }).PEM()), Key: key}, key: "certPath", reason: "that is valid only from "},
		{name: "roots", files: certs.Files{Trust: []string{write("ca.pem", ca.PEM())}}},
		{name: "no roots", files: certs.Files{Trust: []string{filepath.Join(dir, "ca.pem"), filepath.Join(dir, "none.ca")}}, key: "trust", reason: "none.ca does not exist"},
		{name: "too long", files: certs.Files{Trust: []string{write("long.pem", make([]byte, 4<<20+1))}}, key: "trust", reason: "cannot be read: it is longer than 4 MiB"},
	} {
		t.Run(row.name, func(t *testing.T) {
			store := certs.NewStore(certs.Config{})
			defer store.Close()
			set, err := store.Open("x", row.files)
			if row.reason == "" {
				if err != nil {
					t.Fatal(err)
				}
				if c := set.Current().Cert; row.chain > 0 && (c == nil || len(c.Certificate) != row.chain) {
					t.Errorf("certificate: %+v", c)
				}
				return
			}
			problem := (*certs.Problem)(nil)
			if !errors.As(err, &problem) || problem.Key != row.key || !strings.Contains(err.Error(), row.reason) {
				t.Errorf("error %v; want %s of %s", err, row.reason, row.key)
			}
		})
	}
}
