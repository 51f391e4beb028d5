package resolve

// whole explains what the interpreter's transformers make of p where it is
// bound to nothing, which most leave as it is: found is why it is.
func (x *explanation) whole(e *evaluation, p Path, found *Delegation, out outcome) *Delegation {
	if out.status != OK || hasLeaf(out.tree) {
		return found
	}
	tree := out.tree
	for i, t := range x.in.transformers {
		s := x.transform(i, tree)
		if s.Status == OK && !hasLeaf(s.Value) {
			tree = s.Value
			continue
		}
		return &Delegation{
			Path: p, Op: Leaf, Branches: []*Delegation{found},
			Transformer: transformerName(t), Delegate: x.transformed(e, origin{path: p}, s, i+1).step,
		}
	}
	return found
}

// transform is what a transformer makes of a whole tree.
func (x *explanation) transform(i int, tree NameTree[*Bound]) State[NameTree[*Bound]] {
	s := x.bounds.get(transformKey{transformer: i, tree: shownBounds(tree)}, func() *Activity[NameTree[*Bound]] {
		return x.in.transform(x.in.transformers[i], Const(tree))
	})
	x.pending = x.pending || s.Status == Pending
	return s
}

// shownBounds tells trees apart that have different replica sets.
func shownBounds(tree NameTree[*Bound]) string {
	return ShowTree(MapTree(tree, func(b *Bound) Path { return b.ID.AppendLabel("/").Append(b.Residual) }))
}

func hasLeaf(t NameTree[*Bound]) bool {
	for range t.Leaves() {
		return true
	}
	return false
}
