package resolve

import (
	"slices"
	"time"
)

// outcome is the result of a name or a tree in one evaluation.
type outcome struct {
	status Status
	// partial says that the outcome depends on where in the evaluation the name was
	// looked up, so that it must not be remembered.
	partial bool
	tree    NameTree[*Bound] // without Alt
	err     error
	until   time.Time // if it is pending: until when unions wait for it
	size    int       // nodes of tree; a subtree that occurs twice counts twice
	leftOut []LeftOut
	step    *Delegation // how it came about, if that is recorded
}

func negative() outcome { return outcome{status: OK, size: 1} }

// same reports whether o is no news to somebody who has seen p.
func (o outcome) same(p outcome) bool {
	switch {
	case o.status != p.status, !slices.Equal(o.leftOut, p.leftOut):
		return false
	case o.status != OK:
		return sameError(o.err, p.err)
	}
	return sameTree(o.tree, p.tree)
}

// sameTree compares structure, weights and leaves.
func sameTree(a, b NameTree[*Bound]) bool {
	if a.Op != b.Op || a.Weight != b.Weight || len(a.Sub) != len(b.Sub) {
		return false
	}
	if a.Op == Leaf && !sameSet(a.Leaf, b.Leaf) {
		return false
	}
	for i := range a.Sub {
		if !sameTree(a.Sub[i], b.Sub[i]) {
			return false
		}
	}
	return true
}

// sameSet compares what identifies a leaf, and the source of its addresses: a namer
// may make a new Addr when a name comes back that did not exist for a while.
func sameSet(a, b *Bound) bool {
	return a.ID == b.ID && a.Residual == b.Residual && a.Override == b.Override && a.Addr == b.Addr
}

func sameError(a, b error) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.Error() == b.Error()
}
