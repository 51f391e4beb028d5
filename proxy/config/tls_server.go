package config

import (
	"crypto/tls"
	"strings"

	"github.com/meshhop/meshhop/internal/certs"
)

// serverTLS is the group tls of a server.
type serverTLS struct {
	tlsFiles
	clients  certs.ClientAuth
	versions certs.Versions
	suites   []uint16
}

// readServerTLS reads the group tls of a server.
func readServerTLS(of *Decoder) *serverTLS {
	d, ok := of.Group("tls")
	if !ok {
		return nil
	}
	s := &serverTLS{tlsFiles: tlsFiles{path: d.Path(), places: map[string]place{}}, versions: readVersions(d)}
	s.readCert(d)
	if file := s.file(d, "caCertPath"); file != "" {
		s.trust(d, "caCertPath", file)
	}
	s.readClients(d)
	s.readSuites(d)
	d.Done()
	return s
}

// readClients reads whether clients are asked for a certificate.
func (s *serverTLS) readClients(d *Decoder) {
	if d.Bool("requireClientAuth", false) {
		s.clients = certs.Required
	}
	switch auth := d.Text("clientAuth", ""); {
	case !d.Has("clientAuth"):
	case auth == "optional" && s.clients == certs.NotAsked:
		s.clients = certs.Optional
	case auth == "optional":
		d.Errorf("clientAuth", "cannot be optional with requireClientAuth: true")
	default:
		d.Errorf("clientAuth", "must be optional, not %s; requireClientAuth: true has all clients show a certificate", quoted(auth))
	}
	if s.clients == certs.NotAsked && d.Has("caCertPath") {
		d.Noticef("caCertPath", "has no effect: clients are not asked for a certificate without requireClientAuth: true or clientAuth: optional")
	}
}

// readSuites reads ciphers.
func (s *serverTLS) readSuites(d *Decoder) {
	if !d.Has("ciphers") {
		return
	}
	suites, fixed, err := certs.ParseSuites(d.Texts("ciphers"))
	if err != nil {
		d.Errorf("ciphers", "%v", err)
		return
	}
	if len(fixed) > 0 {
		d.Noticef("ciphers", "%s cannot be chosen: the suites of TLS 1.3 are always on", strings.Join(fixed, ", "))
	}
	s.suites = suites
}

// serverTLS reads the files and returns what a server is given, and what returns the URI of
// its certificate; nil: it has no TLS.
func (b *builder) serverTLS(s *serverTLS) (*tls.Config, func() string) {
	if s == nil || b.NoCertificates {
		return nil, nil
	}
	server := certs.Server{Set: b.certificates(&s.tlsFiles), Clients: s.clients, Versions: s.versions, Suites: s.suites}
	return server.Config(), server.URI
}
