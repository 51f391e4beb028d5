package transform

import (
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/internal/nodes"
)

// replicas is a transformer that changes each replica set for itself.
type replicas struct {
	name   string
	prefix resolve.Path
	change func(resolve.Replicas) resolve.Replicas
}

// newReplicas makes a transformer that prepends prefix to IDs and puts change
// between a set and its users; change must not modify its argument.
func newReplicas(name string, prefix resolve.Path, change func(resolve.Replicas) resolve.Replicas) resolve.Transformer {
	return &replicas{name, prefix, change}
}

// String gives the name that explanations use, which is Linkerd's class name.
func (r *replicas) String() string { return r.name }

// Transform implements [resolve.Transformer].
func (r *replicas) Transform(t *resolve.Activity[resolve.NameTree[*resolve.Bound]]) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
	return nodes.EachSet(t, r.prefix, func(set *resolve.Activity[resolve.Replicas]) *resolve.Activity[resolve.Replicas] {
		return resolve.MapActivity(set, r.change)
	})
}

// filter keeps the addresses that keep wants, and those that are a status,
// which is everywhere. Nothing left is Neg: no such addresses, which is not the
// same as no such name (FilteringNameTreeTransformer in
// NameTreeTransformer.scala).
func filter(keep func(resolve.Address) bool) func(resolve.Replicas) resolve.Replicas {
	return func(in resolve.Replicas) resolve.Replicas {
		var kept []resolve.Address
		for _, a := range in.Addresses {
			if a.Status != 0 || keep(a) {
				kept = append(kept, a)
			}
		}
		return resolve.Replicas{Addresses: kept, Neg: len(kept) == 0, Unresolved: in.Unresolved}
	}
}
