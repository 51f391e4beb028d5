package transform

import (
	"slices"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/internal/nodes"
)

// podBits are the bits of IPv4 that the pods of a node have in common in Linkerd.
const podBits = 24

// LocalNode keeps addresses that are on the node of one of these, which are this
// machine or this pod, as io.l5d.k8s.localnode does (SubnetLocalTransformer.scala).
// IPv4 addresses are on one node if their first 24 bits are the same; others if they
// are the same, or if both have a NodeName and it is the same. An own address may have
// a NodeName alone; if all do, explanations call the transformer what Linkerd has in
// its place with hostNetwork.
func LocalNode(prefix resolve.Path, own ...resolve.Address) resolve.Transformer {
	name := "MetadataFiltertingNameTreeTransformer" // so it is spelled
	if slices.ContainsFunc(own, func(o resolve.Address) bool { return o.AddrPort.Addr().IsValid() }) {
		name = "SubnetLocalTransformer"
	}
	near := nodes.SubnetOrNode(podBits)
	return newReplicas(name, prefix, filter(func(a resolve.Address) bool {
		return slices.ContainsFunc(own, func(o resolve.Address) bool { return near(o, a) })
	}))
}
