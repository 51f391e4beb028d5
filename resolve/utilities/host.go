package utilities

import (
	"slices"
	"strings"

	"github.com/meshhop/meshhop/resolve"
)

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

func hostPort(label string) (host, port string, ok bool) {
	host, port, _ = strings.Cut(label, ":")
	return host, port, isPort(port)
}

func isPort(s string) bool {
	const alphanumeric = "abcdefghijklmnopqrstuvwxyz0123456789"
	return s != "" && len(s) <= 63 && s[0] != '-' && strings.Trim(s, alphanumeric+"-") == ""
}

func isMethod(label string) bool {
	return strings.Trim(label, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}
