// Package nodes tells which replicas are on one node, for the transformers that send
// requests to the node's own.
package nodes

import (
	"net/netip"

	"github.com/meshhop/meshhop/resolve"
)

// Near says whether two replicas, or a replica and this machine, are on one
// node.
type Near func(a, b resolve.Address) bool

// Subnet says that IPv4 addresses are near if they have their first bits in common,
// as Linkerd does with 24 for the pods of a node (Netmask.scala). Others are near if
// they are the same.
func Subnet(bits int) Near {
	return func(a, b resolve.Address) bool {
		x, y := Plain(a.AddrPort.Addr()), Plain(b.AddrPort.Addr())
		if !x.Is4() || !y.Is4() {
			return x == y
		}
		p, err := x.Prefix(bits)
		return err == nil && p.Contains(y)
	}
}

// SameNode says that addresses are near if both have a NodeName and it is the same.
func SameNode() Near {
	return func(a, b resolve.Address) bool { return a.NodeName != "" && a.NodeName == b.NodeName }
}

// SubnetOrNode is [Subnet] between IPv4 addresses. Others have no subnet that says
// which node they are on: they are near if they are the same, or as [SameNode]
// says.
func SubnetOrNode(bits int) Near {
	subnet, node := Subnet(bits), SameNode()
	return func(a, b resolve.Address) bool {
		if Plain(a.AddrPort.Addr()).Is4() && Plain(b.AddrPort.Addr()).Is4() {
			return subnet(a, b)
		}
		same := a.AddrPort.IsValid() && Plain(a.AddrPort.Addr()) == Plain(b.AddrPort.Addr())
		return same || node(a, b)
	}
}

// Plain makes IPs comparable: no IPv4 in IPv6, no zone.
func Plain(ip netip.Addr) netip.Addr { return ip.Unmap().WithZone("") }
