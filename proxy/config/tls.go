package config

import (
	"errors"
	"strings"

	"github.com/meshhop/meshhop/internal/certs"
)

// tlsFiles are the files that a group tls names, and where it does.
type tlsFiles struct {
	path   string
	files  certs.Files
	places map[string]place // of the keys that certs.Problem has
}

// place is where the name of a file stands.
type place struct {
	at   Position
	path string
}

// file reads the name of a file.
func (f *tlsFiles) file(d *Decoder, key string) string {
	file := d.Text(key, "")
	if d.Has(key) && file == "" && !d.odd(key) {
		d.Errorf(key, "must be the name of a file")
	}
	f.places[key] = place{d.valuePosition(key), d.pathOf(key)}
	return file
}

// readCert reads the files of a certificate and its key.
func (f *tlsFiles) readCert(d *Decoder) {
	d.Need("certPath")
	d.Need("keyPath")
	f.files.Cert, f.files.Intermediates, f.files.Key = f.file(d, "certPath"), f.file(d, "intermediateCertsPath"), f.file(d, "keyPath")
}

// trust adds a file of authorities.
func (f *tlsFiles) trust(d *Decoder, key, file string) {
	f.files.Trust = append(f.files.Trust, file)
	f.places["trust"] = place{d.valuePosition(key), d.pathOf(key)}
}

// readVersions reads protocols.
func readVersions(d *Decoder) certs.Versions {
	if !d.Has("protocols") {
		return certs.DefaultVersions()
	}
	v, ignored, err := certs.ParseVersions(d.Texts("protocols"))
	if err != nil {
		d.Errorf("protocols", "%v", err)
	} else if len(ignored) > 0 {
		d.Noticef("protocols", "%s has no effect: TLS 1.2 and 1.3 are spoken, older versions are not secure", strings.Join(ignored, ", "))
	}
	return v
}

// certificates reads the files of a group tls, and follows them from now on. It returns nil
// if something is wrong with them, which is in the report then.
func (b *builder) certificates(f *tlsFiles) *certs.Set {
	if b.mesh.certificates == nil {
		store := certs.NewStore(certs.Config{ErrorLog: b.ErrorLog})
		b.mesh.certificates, b.mesh.Certificates = store, store.States
		b.mesh.own(store)
	}
	set, err := b.mesh.certificates.Open(f.path, f.files)
	at := place{Position{File: b.file.name}, f.path}
	if problem := (*certs.Problem)(nil); errors.As(err, &problem) {
		at = f.places[problem.Key]
	}
	b.failed(at.at, at.path, err)
	return set
}
