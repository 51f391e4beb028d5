package transform

import "github.com/meshhop/meshhop/resolve"

// Replicas is a transformer that changes each replica set for itself.
type Replicas struct {
	name   string
	prefix resolve.Path
	change func(resolve.Replicas) resolve.Replicas
}

// newReplicas makes a transformer that prepends prefix to IDs and puts change
// between a set and its users; change must not modify its argument.
func newReplicas(name string, prefix resolve.Path, change func(resolve.Replicas) resolve.Replicas) *Replicas {
	return &Replicas{name, prefix, change}
}

// String gives the name that explanations use, which is Linkerd's class name.
func (r *Replicas) String() string { return r.name }

// Transform implements [resolve.Transformer].
func (r *Replicas) Transform(t *resolve.Activity[resolve.NameTree[*resolve.Bound]]) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
	return eachSet(t, r.prefix, func(set *replicaSet) *replicaSet { return resolve.MapActivity(set, r.change) })
}

type replicaSet = resolve.Activity[resolve.Replicas]

// eachSet prepends prefix to the ID of each replica set and puts change between
// the set and its users.
func eachSet(t *resolve.Activity[tree], prefix resolve.Path, change func(*replicaSet) *replicaSet) *resolve.Activity[tree] {
	return resolve.MapActivity(t, func(t tree) tree {
		return resolve.MapTree(t, func(b *resolve.Bound) *resolve.Bound {
			return &resolve.Bound{ID: prefix.Append(b.ID), Addr: change(b.Addr), Residual: b.Residual}
		})
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
