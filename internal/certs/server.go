package certs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"slices"
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
// accepted counts for it: a session of before is not resumed once the set has changed.
func (s Server) Config() *tls.Config {
	config := &tls.Config{
		MinVersion: s.Versions.Min, MaxVersion: s.Versions.Max, CipherSuites: s.Suites,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.Set.Current().Cert, nil },
	}
	s.bindSessions(config)
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

// bindSessions has each session remember what the set had when it began. Clients whose
// session began with another certificate, or with other authorities, get a whole handshake.
func (s Server) bindSessions(config *tls.Config) {
	const mark = "meshhop\x00"
	version := s.Set.Version()
	config.WrapSession = func(state tls.ConnectionState, session *tls.SessionState) ([]byte, error) {
		session.Extra = append(session.Extra, binary.BigEndian.AppendUint64([]byte(mark), version.Load()))
		return config.EncryptTicket(state, session)
	}
	config.UnwrapSession = func(ticket []byte, state tls.ConnectionState) (*tls.SessionState, error) {
		session, err := config.DecryptTicket(ticket, state)
		if session == nil || err != nil {
			return nil, err
		}
		now := binary.BigEndian.AppendUint64([]byte(mark), version.Load())
		for i, extra := range session.Extra {
			if bytes.HasPrefix(extra, []byte(mark)) {
				session.Extra = slices.Delete(session.Extra, i, i+1) // a resumed session is wrapped again
				if bytes.Equal(extra, now) {
					return session, nil
				}
				break
			}
		}
		return nil, nil // which is no error
	}
}
