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

// LocalNode keeps addresses that are near this one, as io.l5d.k8s.localnode does
// (SubnetLocalTransformer.scala).
func LocalNode(prefix resolve.Path, own resolve.Address, near Near) *Replicas {
	return newReplicas("SubnetLocalTransformer", prefix, filter(func(a resolve.Address) bool { return near(own, a) }))
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
// gateways shows at once.
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
		return resolve.MapActivity(g.gateways, func(all resolve.Replicas) resolve.Replicas {
			var found []resolve.Address
			for _, gateway := range all.Addresses {
				if slices.ContainsFunc(of.Addresses, func(a resolve.Address) bool { return a.Status == 0 && g.near(gateway, a) }) {
					found = append(found, gateway)
				}
			}
			for _, a := range of.Addresses {
				if a.Status != 0 { // is everywhere
					found = append(found, a)
				}
			}
			return resolve.Replicas{Addresses: found, Neg: len(found) == 0, Unresolved: of.Unresolved}
		})
	})
}

// Node is an address that stands for this machine: its IP, or the name of its
// node.
func Node(ip netip.Addr, name string) resolve.Address {
	return resolve.Address{AddrPort: netip.AddrPortFrom(ip, 0), NodeName: name}
}
