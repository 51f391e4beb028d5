package transform

import (
	"net/netip"
	"slices"

	"github.com/meshhop/meshhop/resolve"
)

// Near says whether two replicas, or a replica and this machine, are on one
// node.
type Near func(a, b resolve.Address) bool

// Subnet takes IPv4 addresses for near that have their first bits in common, as
// Linkerd does with 24 for the pods of a node (Netmask.scala). Others are near
// if they are the same.
func Subnet(bits int) Near {
	return func(a, b resolve.Address) bool {
		x, y := plain(a.AddrPort.Addr()), plain(b.AddrPort.Addr())
		if !x.Is4() || !y.Is4() {
			return x == y
		}
		p, err := x.Prefix(bits)
		return err == nil && p.Contains(y)
	}
}

// SameNode takes addresses for near whose NodeName is the same, if they have
// one.
func SameNode() Near {
	return func(a, b resolve.Address) bool { return a.NodeName != "" && a.NodeName == b.NodeName }
}

// SubnetOrNode is [Subnet] between IPv4 addresses. Others have no subnet that says
// which node they are on: they are near if they are the same, or as [SameNode]
// says.
func SubnetOrNode(bits int) Near {
	subnet, node := Subnet(bits), SameNode()
	return func(a, b resolve.Address) bool {
		if plain(a.AddrPort.Addr()).Is4() && plain(b.AddrPort.Addr()).Is4() {
			return subnet(a, b)
		}
		same := a.AddrPort.IsValid() && plain(a.AddrPort.Addr()) == plain(b.AddrPort.Addr())
		return same || node(a, b)
	}
}

// LocalNode keeps addresses that are near one of these, which are this machine or
// this pod, as io.l5d.k8s.localnode does (SubnetLocalTransformer.scala). If they have
// no address, only the name of a node, explanations call it what Linkerd has in its
// place with hostNetwork.
func LocalNode(prefix resolve.Path, near Near, own ...resolve.Address) *Replicas {
	name := "MetadataFiltertingNameTreeTransformer" // so it is spelled
	if slices.ContainsFunc(own, func(o resolve.Address) bool { return o.AddrPort.Addr().IsValid() }) {
		name = "SubnetLocalTransformer"
	}
	return newReplicas(name, prefix, filter(func(a resolve.Address) bool {
		return slices.ContainsFunc(own, func(o resolve.Address) bool { return near(o, a) })
	}))
}

// Gateways is a transformer that puts the gateways of a node in place of what
// runs there.
type Gateways struct {
	prefix   resolve.Path
	gateways *resolve.Activity[resolve.Replicas]
	near     Near
}

// NewGateways puts in place of each address those of the gateways that are near
// it, as Linkerd's daemonset transformers do (SubnetGatewayTransformer.scala).
// Where there is none for any address the replica set is Neg. A change of the
// gateways shows at once. Replicas.Unresolved says where an address has no gateway
// near it, but one whose NodeName is the same.
func NewGateways(prefix resolve.Path, gateways *resolve.Activity[resolve.Replicas], near Near) *Gateways {
	return &Gateways{prefix, gateways, near}
}

// String gives the name that explanations use, which is Linkerd's class name.
func (*Gateways) String() string { return "SubnetGatewayTransformer" }

// Transform implements [resolve.Transformer].
func (g *Gateways) Transform(t *resolve.Activity[resolve.NameTree[*resolve.Bound]]) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
	return eachSet(t, g.prefix, g.follow)
}

func (g *Gateways) follow(replicas *replicaSet) *replicaSet {
	return resolve.FlatMapActivity(replicas, func(of resolve.Replicas) *replicaSet {
		return resolve.MapActivity(g.gateways, func(all resolve.Replicas) resolve.Replicas { return g.between(of, all) })
	})
}

// onSameNode is for whoever wonders why a pod has no gateway.
const onSameNode = "a gateway is on the node of an address, and not in its /24: hostNetwork: true goes by the names of nodes"

// between are the gateways for some addresses.
func (g *Gateways) between(of, all resolve.Replicas) resolve.Replicas {
	out := resolve.Replicas{Unresolved: of.Unresolved}
	used := make([]bool, len(all.Addresses))
	node := SameNode()
	for _, a := range of.Addresses {
		if a.Status != 0 { // is everywhere
			out.Addresses = append(out.Addresses, a)
			continue
		}
		found, sameNode := false, false
		for i, gateway := range all.Addresses {
			if g.near(gateway, a) {
				used[i], found = true, true
			}
			sameNode = sameNode || node(gateway, a)
		}
		if !found && sameNode && out.Unresolved == "" {
			out.Unresolved = onSameNode
		}
	}
	for i, gateway := range all.Addresses {
		if used[i] {
			out.Addresses = append(out.Addresses, gateway)
		}
	}
	out.Neg = len(out.Addresses) == 0
	return out
}

// Node is an address that stands for this machine: its IP, or the name of its
// node.
func Node(ip netip.Addr, name string) resolve.Address {
	return resolve.Address{AddrPort: netip.AddrPortFrom(ip, 0), NodeName: name}
}
