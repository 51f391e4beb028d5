package certs

import (
	"crypto/tls"
	"crypto/x509"
)

// A Server says what a server shows its clients, and what they must show.
type Server struct {
	Set *Set
	// Clients says whether clients are asked for a certificate.
	Clients  ClientAuth
	Versions Versions
	// Suites are those of TLS 1.2. Default: those of Go.
	Suites []uint16
}

// ClientAuth says whether clients are asked for a certificate.
type ClientAuth uint8

// A client's certificate is verified where it shows one, as a chain alone.
const (
	NotAsked ClientAuth = iota
	Optional
	Required
)

// URI is the first URI in the certificate, such as a SPIFFE identity; empty if it has none.
func (s Server) URI() string {
	if uris := s.Set.Current().Cert.Leaf.URIs; len(uris) > 0 {
		return uris[0].String()
	}
	return ""
}

// Config returns the configuration of a server. What the set has when a connection is
// accepted counts for it.
func (s Server) Config() *tls.Config {
	config := &tls.Config{
		MinVersion: s.Versions.Min, MaxVersion: s.Versions.Max, CipherSuites: s.Suites,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.Set.Current().Cert, nil },
	}
	if s.Clients == NotAsked {
		return config
	}
	config.ClientAuth = tls.RequestClientCert
	if s.Clients == Required {
		config.ClientAuth = tls.RequireAnyClientCert
	}
	v := &verifier{set: s.Set, usage: x509.ExtKeyUsageAny}
	config.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return nil // one is required before, if it is
		}
		return v.verify(state)
	}
	return config
}
