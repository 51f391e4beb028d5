package certs

import (
	"crypto/tls"
	"crypto/x509"
	"log/slog"
)

// A Client says how the servers of a client are verified, and what they are shown.
type Client struct {
	// Set has the roots that are trusted, and the certificate that servers are shown if
	// they ask for one.
	Set *Set
	// Name is what servers must have a certificate for, and what they are told (SNI).
	Name Name
	// Unverified has any server accepted.
	Unverified bool
	Versions   Versions
	// ErrorLog is told once of each certificate without names.
	ErrorLog *slog.Logger
	// Place says in messages whose client it is.
	Place string
}

// Config returns the configuration of a client. What the set has when a connection is made
// counts for it. handshake.Client resumes sessions with servers, as long as the set has the
// same; others who use it make whole handshakes.
func (c Client) Config() *tls.Config {
	config := &tls.Config{
		ClientSessionCache: &sessions{set: c.Set},
		ServerName:         c.Name.ServerName(), InsecureSkipVerify: true, // see VerifyConnection
		MinVersion: c.Versions.Min, MaxVersion: c.Versions.Max,
	}
	if c.Set.files.Cert != "" {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.Set.Current().Cert, nil }
	}
	if !c.Unverified {
		log := c.ErrorLog
		if log == nil {
			log = slog.New(slog.DiscardHandler)
		}
		v := &verifier{set: c.Set, name: c.Name, usage: x509.ExtKeyUsageServerAuth, notice: func(text string) {
			log.Warn("certificates", "of", c.Place, "notice", text)
		}}
		config.VerifyConnection = v.verify
	}
	return config
}
