package certs

import (
	"crypto/tls"
	"fmt"
	"slices"
	"strings"
)

// ParseSuites reads the names of cipher suites, as OpenSSL or IANA have them. Those of
// TLS 1.3 are returned as fixed: they are always on.
func ParseSuites(names []string) (suites []uint16, fixed []string, err error) {
	for _, name := range names {
		suite := suiteOf(name)
		switch {
		case suite == nil:
			return nil, nil, fmt.Errorf("has an unknown or insecure suite %q; known: %s", name, strings.Join(knownSuites(), ", "))
		case !slices.Contains(suite.SupportedVersions, tls.VersionTLS12):
			fixed = append(fixed, name)
		default:
			suites = append(suites, suite.ID)
		}
	}
	return suites, fixed, nil
}

// suiteOf finds a suite that Go counts as secure.
func suiteOf(name string) *tls.CipherSuite {
	for _, s := range tls.CipherSuites() {
		if s.Name == name || s.Name == name+"_SHA256" || plain(s.Name) == plain(name) {
			return s
		}
	}
	return nil
}

// plain is a name in which those of IANA and OpenSSL are alike:
// TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 is ECDHE-RSA-AES128-GCM-SHA256. OpenSSL leaves out
// the hash of CHACHA20-POLY1305, and CBC.
func plain(name string) string {
	name = strings.TrimPrefix(name, "TLS_")
	for _, one := range [][2]string{{"_WITH_", "-"}, {"AES_128", "AES128"}, {"AES_256", "AES256"}, {"_", "-"}, {"-CBC", ""}, {"CHACHA20-POLY1305-SHA256", "CHACHA20-POLY1305"}} {
		name = strings.ReplaceAll(name, one[0], one[1])
	}
	return name
}

// knownSuites are those that can be chosen.
func knownSuites() (all []string) {
	for _, s := range tls.CipherSuites() {
		if slices.Contains(s.SupportedVersions, tls.VersionTLS12) {
			all = append(all, plain(s.Name))
		}
	}
	return all
}
