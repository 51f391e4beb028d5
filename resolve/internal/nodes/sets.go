package nodes

import "github.com/meshhop/meshhop/resolve"

type (
	tree       = resolve.NameTree[*resolve.Bound]
	replicaSet = resolve.Activity[resolve.Replicas]
)

// EachSet prepends prefix to the ID of each replica set and puts change between
// the set and its users.
func EachSet(t *resolve.Activity[tree], prefix resolve.Path, change func(*replicaSet) *replicaSet) *resolve.Activity[tree] {
	return resolve.MapActivity(t, func(t tree) tree {
		return resolve.MapTree(t, func(b *resolve.Bound) *resolve.Bound {
			return &resolve.Bound{ID: prefix.Append(b.ID), Addr: change(b.Addr), Residual: b.Residual}
		})
	})
}
