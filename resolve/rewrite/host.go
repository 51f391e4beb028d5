package rewrite

import (
	"slices"
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

// AnyHost is io.buoyant.http.anyHost: /<host>/... becomes /...; a host is of
// letters, digits, ".", ":", "_" and "-", so an IPv6 address is one, and a host
// with its port.
func AnyHost() *Utility { return &Utility{dropFirst(isHost)} }

// AnyHostPfx is io.buoyant.http.anyHostPfx: /P/<host>/... becomes /P/...
func AnyHostPfx() *Utility { return &Utility{below(dropFirst(isHost))} }

// DomainToPath is io.buoyant.http.domainToPath: /<host>/... becomes the labels
// of the host in reverse, then /..., so /foo.buoyant.io becomes
// /io/buoyant/foo. A port is a part of the last label. Dots at the end of the
// host do not count.
func DomainToPath() *Utility { return &Utility{onFirst(reversed)} }

// DomainToPathPfx is io.buoyant.http.domainToPathPfx: the same behind a prefix,
// so /P/foo.buoyant.io becomes /P/io/buoyant/foo.
func DomainToPathPfx() *Utility { return &Utility{below(onFirst(reversed))} }

// SubdomainOf is io.buoyant.http.subdomainOf: /<domain>/<host>/... becomes what
// the host has before .<domain>, then /..., so /buoyant.io/foo.buoyant.io
// becomes /foo. The host's port is cut off first.
func SubdomainOf() *Utility {
	return &Utility{func(p resolve.Path) (resolve.Path, bool) { return subdomain(p, 1) }}
}

// SubdomainOfPfx is io.buoyant.http.subdomainOfPfx: the same with a prefix
// between the two, so /buoyant.io/P/foo.buoyant.io becomes /P/foo.
func SubdomainOfPfx() *Utility {
	return &Utility{func(p resolve.Path) (resolve.Path, bool) { return subdomain(p, 2) }}
}

// subdomain rewrites a name of a domain, and a host as label number at; what
// is between them stays.
func subdomain(p resolve.Path, at int) (resolve.Path, bool) {
	if p.Len() <= at || !isHost(p.Label(0)) || !isHost(p.Label(at)) {
		return p, false
	}
	host := p.Label(at)
	if colon := strings.IndexByte(host, ':'); colon > 0 {
		host = host[:colon]
	}
	sub, ok := strings.CutSuffix(host, "."+p.Label(0))
	return p.Take(at).Drop(1).AppendLabel(sub).Append(p.Drop(at + 1)), ok && sub != ""
}

// reversed gives the labels between the dots of a host, the last one first.
func reversed(host string) ([]string, bool) {
	labels := strings.Split(strings.TrimRight(host, "."), ".")
	slices.Reverse(labels)
	return labels, isHost(host)
}

func isHost(label string) bool {
	for _, c := range []byte(label) {
		switch {
		case '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
		case c == '.', c == ':', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}
