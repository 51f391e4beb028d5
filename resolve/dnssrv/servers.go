package dnssrv

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/miekg/dns"
)

// ParseServer reads the address of a DNS server, an IP or a host name, with or without a
// port, and returns it with a port.
func ParseServer(text string) (string, error) {
	const standard = "53"
	bare, bracketed := strings.CutPrefix(text, "[")
	if bracketed {
		bare, bracketed = strings.CutSuffix(bare, "]")
	}
	if ip, err := netip.ParseAddr(bare); err == nil && (bracketed || bare == text) {
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
	if number, no := strconv.ParseUint(port, 10, 16); no != nil || number == 0 || err != nil && !isDomain(host) {
		return "", fmt.Errorf("dnssrv: server %q: want a host, or host:port", text)
	}
	return net.JoinHostPort(host, port), nil
}

// at is the client for the current configuration of the system, and the names to try for
// a name, in order.
func (c client) at(resolvConf, name string) (client, []string) {
	system, err := dns.ClientConfigFromFile(resolvConf)
	if err != nil {
		system = &dns.ClientConfig{Ndots: 1}
	}
	if len(c.servers) == 0 {
		for _, host := range system.Servers {
			if server, err := ParseServer(host); err == nil {
				c.servers = append(c.servers, server)
			}
		}
	}
	if len(c.servers) == 0 {
		c.servers = []string{"127.0.0.1:53"}
	}
	var names []string
	for _, candidate := range system.NameList(name) {
		if _, ok := dns.IsDomainName(candidate); ok && len(names) < maxSearch {
			names = append(names, candidate)
		}
	}
	return c, names
}

// maxSearch bounds the names that are tried for one.
const maxSearch = 8
