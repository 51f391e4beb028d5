package hostaddr

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// ParseServer reads the address of a DNS server, an IP or a host name, with or without a
// port, and returns it with a port.
func ParseServer(text string) (string, error) {
	const standard = "53"
	bare, bracketed := strings.CutPrefix(text, "[")
	if bracketed {
		bare, bracketed = strings.CutSuffix(bare, "]")
	}
	if ip, err := netip.ParseAddr(bare); err == nil && (bracketed || bare == text) && !strings.ContainsAny(ip.Zone(), "[]") {
		return net.JoinHostPort(ip.String(), standard), nil
	}
	host, port := text, standard
	if strings.Contains(text, ":") {
		var err error
		if host, port, err = net.SplitHostPort(text); err != nil {
			return "", fmt.Errorf("dnssrv: server %q: want a host, or host:port", text)
		}
	}
	_, err := netip.ParseAddr(host)
	if number, no := strconv.ParseUint(port, 10, 16); no != nil || number == 0 || err != nil && !IsDomain(host) {
		return "", fmt.Errorf("dnssrv: server %q: want a host, or host:port", text)
	}
	return net.JoinHostPort(host, port), nil
}

// IsDomain says whether a label can be the name of SRV records. It comes from
// a stranger.
func IsDomain(label string) bool {
	const maxName, maxPart = 253, 63
	name := strings.TrimSuffix(label, ".")
	if name == "" || len(name) > maxName {
		return false
	}
	for part := range strings.SplitSeq(name, ".") {
		if part == "" || len(part) > maxPart {
			return false
		}
	}
	return strings.IndexFunc(name, func(c rune) bool {
		return c != '.' && c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z')
	}) < 0
}
