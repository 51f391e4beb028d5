package config

import (
	"crypto/tls"
	"strings"

	"github.com/meshhop/meshhop/internal/certs"
	"github.com/meshhop/meshhop/router"
)

// clientTLS is the group tls of a client block.
type clientTLS struct {
	tlsFiles
	at         Position
	on         bool
	commonName string // with variables of the prefix
	strict     bool
	unverified bool
	versions   certs.Versions
}

// readClientTLS reads the group tls of a client block, or of another part that connects to a
// server, which need not name it if it has a name.
func readClientTLS(of *Decoder, name string) *clientTLS {
	d, ok := of.Group("tls")
	if !ok {
		return nil
	}
	c := &clientTLS{
		tlsFiles:   tlsFiles{path: d.Path(), places: map[string]place{}},
		at:         d.Position(),
		on:         d.Bool("enabled", true),
		commonName: d.Text("commonName", name),
		strict:     d.Bool("strictNames", false),
		unverified: d.Bool("disableValidation", false),
		versions:   readVersions(d),
	}
	d.Unsupported("since Linkerd 1.0 there is one kind: give commonName, and trustCertsBundle for caCertPath", "kind", "names", "strict", "caCertPath")
	c.readTrust(d)
	if auth, ok := d.Group("clientAuth"); ok {
		c.readCert(auth)
		auth.Done()
		if c.unverified {
			d.Errorf("clientAuth", "cannot be used with disableValidation, as in Linkerd: the certificate would be shown to anybody")
		}
	}
	c.checkName(d)
	d.Done()
	return c
}

// readTrust reads which authorities are trusted.
func (c *clientTLS) readTrust(d *Decoder) {
	if file := c.file(d, "trustCertsBundle"); file != "" {
		c.trust(d, "trustCertsBundle", file)
	}
	if !d.Has("trustCerts") {
		return
	}
	if d.Has("trustCertsBundle") {
		d.Errorf("trustCerts", "cannot be used with trustCertsBundle; use only trustCertsBundle")
	}
	d.Noticef("trustCerts", "is deprecated; use trustCertsBundle, with one file")
	files := d.Texts("trustCerts")
	if len(files) == 0 {
		d.Errorf("trustCerts", "needs at least one file")
	}
	for _, file := range files {
		c.trust(d, "trustCerts", file)
	}
}

// checkName checks the name that servers must have.
func (c *clientTLS) checkName(d *Decoder) {
	switch {
	case !c.on:
	case c.commonName == "" && !c.unverified:
		d.Errorf("", "needs commonName, the name that the servers' certificates are for; disableValidation: true accepts any")
	case c.commonName != "" && !strings.Contains(c.commonName, "{"):
		if _, err := certs.ParseName(c.commonName, c.strict); err != nil {
			d.Errorf("commonName", "%v", err)
		}
	}
	if c.unverified && len(c.files.Trust) > 0 {
		d.Noticef("", "trusts everybody: with disableValidation the certificates of authorities have no effect")
	}
}

// clientTLS reads the files, and returns what makes the clients that the block is for secure.
func (b *builder) clientTLS(c *clientTLS) func(*router.ClientPolicy, map[string]string) {
	if !c.on || b.NoCertificates {
		return func(p *router.ClientPolicy, _ map[string]string) {
			p.Transport.TLS, p.Transport.TLSName, p.Transport.TLSVersion = nil, "", nil
		}
	}
	set := b.certificates(&c.tlsFiles)
	return func(p *router.ClientPolicy, vars map[string]string) {
		name := c.commonName
		for key, value := range vars {
			name = strings.ReplaceAll(name, "{"+key+"}", value)
		}
		p.Transport.TLS, p.Transport.TLSName, p.Transport.TLSVersion = b.clientConfig(c, set, name), name, set.Version()
		if c.unverified {
			p.Transport.TLSName = "" // it is told, and not compared
		}
	}
}

// clientConfig is for the servers of one name.
func (b *builder) clientConfig(c *clientTLS, set *certs.Set, text string) *tls.Config {
	name, err := certs.ParseName(text, c.strict)
	if err != nil && !(c.unverified && text == "") { // of what a prefix captured
		return &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(tls.ConnectionState) error { return err }}
	}
	return certs.Client{Set: set, Name: name, Unverified: c.unverified, Versions: c.versions, ErrorLog: b.ErrorLog, Place: c.path}.Config()
}
