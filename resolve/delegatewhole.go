package resolve

// whole explains what the interpreter's transformers make of p where it is
// bound to nothing, which most leave as it is: found is why it is.
func (x *explanation) whole(p Path, found *Delegation, out outcome) *Delegation {
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
			Kind: KindTransformation, Path: p, Branches: []*Delegation{found},
			Transformer: transformerName(t), Delegate: x.transformed(p, nil, s, i+1),
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

// transformed explains the outcome of a transformer, which those from number
// next on are still to change.
func (x *explanation) transformed(p Path, from *Dentry, s State[NameTree[*Bound]], next int) *Delegation {
	switch s.Status {
	case Pending:
		x.pending = true
		return &Delegation{Kind: KindException, Path: p, Dentry: from, Pending: true, Err: errPending{s.Err}}
	case Failed:
		return &Delegation{Kind: KindException, Path: p, Dentry: from, Err: s.Err}
	}
	return explainTree(x, p, from, s.Value, func(b *Bound) *Delegation {
		return x.bound(b.ID, from, b, next)
	})
}

func hasLeaf(t NameTree[*Bound]) bool {
	for range t.Leaves() {
		return true
	}
	return false
}
