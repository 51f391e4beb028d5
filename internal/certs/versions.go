package certs

import (
	"crypto/tls"
	"fmt"
)

// Versions are those of TLS that are spoken.
type Versions struct{ Min, Max uint16 }

// DefaultVersions are TLS 1.2 and 1.3.
func DefaultVersions() Versions { return Versions{Min: tls.VersionTLS12} }

// ParseVersions reads the names of versions, as Java has them. Those before TLS 1.2 are
// left out, and returned as ignored.
func ParseVersions(names []string) (v Versions, ignored []string, err error) {
	for _, name := range names {
		switch name {
		case "TLSv1.2":
			v = v.with(tls.VersionTLS12)
		case "TLSv1.3":
			v = v.with(tls.VersionTLS13)
		case "SSLv2Hello", "SSLv3", "TLSv1", "TLSv1.1":
			ignored = append(ignored, name)
		default:
			return v, ignored, fmt.Errorf("has an unknown version %q; known: TLSv1.2, TLSv1.3", name)
		}
	}
	if v.Min == 0 {
		return v, ignored, fmt.Errorf("needs TLSv1.2 or TLSv1.3: older versions are not secure and not supported")
	}
	return v, ignored, nil
}

func (v Versions) with(one uint16) Versions {
	if v.Min == 0 || one < v.Min {
		v.Min = one
	}
	v.Max = max(v.Max, one)
	return v
}
