package config

import (
	"crypto/tls"
	"errors"

	"github.com/meshhop/meshhop/internal/certs"
)

// errReported is the error of a part whose own error is in the report already.
var errReported = errors.New("it is in the report")

// readTelemeterTLS reads how spans are sent by TLS to a host, for whose name its certificate
// must be unless the file has another one; nil: the group is absent, or says enabled: false.
func readTelemeterTLS(d *Decoder, host string) *clientTLS {
	c := readClientTLS(d, host)
	if c == nil || !c.on {
		return nil
	}
	return c
}

// secureTelemeter reads the files, and returns what makes the connections of a telemeter
// secure; nil: nothing does.
func (b *builder) secureTelemeter(c *clientTLS) (*tls.Config, error) {
	if c == nil || b.NoCertificates {
		return nil, nil
	}
	set := b.certificates(&c.tlsFiles)
	if set == nil {
		return nil, errReported
	}
	name, err := certs.ParseName(c.commonName, c.strict)
	if err != nil {
		return nil, err
	}
	return certs.Client{Set: set, Name: name, Unverified: c.unverified, Versions: c.versions, ErrorLog: b.ErrorLog, Place: c.path}.Config(), nil
}
