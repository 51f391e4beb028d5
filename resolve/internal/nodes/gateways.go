package nodes

import "github.com/meshhop/meshhop/resolve"

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
	return EachSet(t, g.prefix, g.follow)
}

func (g *Gateways) follow(replicas *resolve.Activity[resolve.Replicas]) *resolve.Activity[resolve.Replicas] {
	return resolve.FlatMapActivity(replicas, func(of resolve.Replicas) *resolve.Activity[resolve.Replicas] {
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
