package transform

import (
	"net/netip"

	"github.com/meshhop/meshhop/resolve"
)

// Port gives every address the same port, as io.l5d.port does; addresses that
// become the same collapse into the first, and one that is a status has no
// port. Linkerd's prefix is /%/io.l5d.port/<port>.
func Port(port uint16, prefix resolve.Path) resolve.Transformer {
	return newReplicas("PortTransformer", prefix, func(in resolve.Replicas) resolve.Replicas {
		out := resolve.Replicas{Neg: in.Neg, Unresolved: in.Unresolved, Addresses: make([]resolve.Address, 0, len(in.Addresses))}
		seen := make(map[resolve.Address]bool, len(in.Addresses))
		for _, a := range in.Addresses {
			if a.Status == 0 {
				a.AddrPort = netip.AddrPortFrom(a.AddrPort.Addr(), port)
			}
			if !seen[a] {
				seen[a] = true
				out.Addresses = append(out.Addresses, a)
			}
		}
		return out
	})
}
