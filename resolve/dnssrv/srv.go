package dnssrv

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"

	"github.com/meshhop/meshhop/resolve"
)

// group is the SRV records of one priority.
type group []*dns.SRV

// groupsOf sorts SRV records by priority, the one to try first in front. A target of "."
// says that the service is not available (RFC 2782); port 0 is not a port.
func groupsOf(records []dns.RR) []group {
	var all group
	for _, rr := range records {
		if srv, ok := rr.(*dns.SRV); ok && srv.Target != "." && srv.Port != 0 {
			all = append(all, srv)
		}
	}
	slices.SortFunc(all, func(a, b *dns.SRV) int {
		return cmp.Or(cmp.Compare(a.Priority, b.Priority), strings.Compare(strings.ToLower(a.Target), strings.ToLower(b.Target)),
			cmp.Compare(a.Port, b.Port), cmp.Compare(a.Weight, b.Weight))
	})
	var groups []group
	for start := 0; start < len(all); {
		end := start
		for end < len(all) && all[end].Priority == all[start].Priority {
			end++
		}
		groups = append(groups, all[start:end:end])
		start = end
	}
	return groups
}

// addresses are those of the group's targets. The addresses of a target share the weight
// of its record. Beside records that have a weight, those of weight 0 get a very small
// share, as RFC 2782 demands: in its algorithm all of them together are as likely as one
// of weight 1. If all addresses have the same weight it is 1: some servers derive the
// weight from the number of records, and an address with another weight would count as
// another address.
func (g group) addresses(hosts map[string]target) []resolve.Address {
	type key struct {
		at   netip.AddrPort
		host string
	}
	weights := g.weights()
	at := make(map[key]int)
	var all []resolve.Address
	for i, r := range g {
		ips := hosts[strings.ToLower(r.Target)].ips
		for _, ip := range ips {
			k := key{netip.AddrPortFrom(ip, r.Port), strings.ToLower(strings.TrimSuffix(r.Target, "."))}
			weight := weights[i] / float64(len(ips))
			if j, twice := at[k]; twice {
				all[j].Weight += weight
				continue
			}
			at[k] = len(all)
			all = append(all, resolve.Address{AddrPort: k.at, Host: k.host, Weight: weight})
		}
	}
	if !slices.ContainsFunc(all, func(a resolve.Address) bool { return a.Weight != all[0].Weight }) {
		for i := range all {
			all[i].Weight = 1
		}
	}
	return all
}

// weights are the shares of the records.
func (g group) weights() []float64 {
	zeros := 0
	for _, r := range g {
		if r.Weight == 0 {
			zeros++
		}
	}
	weights := make([]float64, len(g))
	for i, r := range g {
		weights[i] = float64(r.Weight)
		if r.Weight == 0 {
			weights[i] = 1 / float64(zeros)
		}
	}
	return weights
}
