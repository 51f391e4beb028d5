package certs

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
)

// signer reads the private key, which must be that of the certificate.
func (f Files) signer(data []byte, of *x509.Certificate) (crypto.Signer, error) {
	wrong := func(format string, args ...any) error {
		return &Problem{Key: privateKey, File: f.Key, Reason: fmt.Sprintf(format, args...)}
	}
	block, err := keyBlock(data)
	if err != nil {
		return nil, wrong("%v", err)
	}
	parsed, err := parseKey(block)
	if err != nil {
		return nil, &Problem{privateKey, f.Key, fmt.Sprintf("has a private key that is wrong: %v", err), err}
	}
	public, ok := parsed.(interface {
		crypto.Signer
		Public() crypto.PublicKey
	})
	if !ok || kindOf(public.Public()) == "" {
		return nil, wrong("has a key of a type that TLS does not use (%T); RSA, EC and Ed25519 are possible", parsed)
	}
	has, needs := kindOf(public.Public()), kindOf(of.PublicKey)
	if needs == "" {
		return nil, &Problem{Key: certKey, File: f.Cert, Reason: fmt.Sprintf("has a certificate for a key of a type that TLS does not use (%s); RSA, EC and Ed25519 are possible", of.PublicKeyAlgorithm)}
	}
	if has != needs {
		return nil, wrong("has a key of the wrong type: it is %s, and the certificate in %s is for %s", has, f.Cert, needs)
	}
	if equal, ok := public.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !equal.Equal(of.PublicKey) {
		return nil, wrong("has a key that does not belong to the certificate in %s", f.Cert)
	}
	return public, nil
}

// keyBlock finds the private key in a file, which may have certificates and parameters too.
func keyBlock(data []byte) (*pem.Block, error) {
	other := ""
	for rest := data; ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		switch {
		case block == nil && other != "":
			return nil, fmt.Errorf("has no private key, but a block %s", other)
		case block == nil:
			return nil, fmt.Errorf("is not PEM: it has no block PRIVATE KEY")
		case block.Type == "ENCRYPTED PRIVATE KEY" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
			return nil, fmt.Errorf("has a private key that is encrypted")
		case strings.HasSuffix(block.Type, "PRIVATE KEY"):
			return block, nil
		}
		other = block.Type
	}
}

// parseKey reads a key of PKCS#8, PKCS#1 or SEC 1.
func parseKey(block *pem.Block) (any, error) {
	switch block.Type {
	case "RSA PRIVATE KEY":
		return x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		return x509.ParseECPrivateKey(block.Bytes)
	case "PRIVATE KEY":
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	}
	return nil, fmt.Errorf("the format %s is not supported", block.Type)
}

// kindOf is the type of a key; empty: TLS does not use it.
func kindOf(public any) string {
	switch public.(type) {
	case *rsa.PublicKey:
		return "RSA"
	case *ecdsa.PublicKey:
		return "EC"
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return ""
}
