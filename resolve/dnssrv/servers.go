package dnssrv

import (
	"github.com/miekg/dns"

	"github.com/meshhop/meshhop/internal/hostaddr"
)

// at is the client for the current configuration of the system, and the names to try for
// a name, in order.
func (c client) at(resolvConf, name string) (client, []string) {
	system, err := dns.ClientConfigFromFile(resolvConf)
	if err != nil {
		system = &dns.ClientConfig{Ndots: 1}
	}
	if len(c.servers) == 0 {
		for _, host := range system.Servers {
			if server, err := hostaddr.ParseServer(host); err == nil {
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
