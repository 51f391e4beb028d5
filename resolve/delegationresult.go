package resolve

import "errors"

// Truncated says that not everything is there, because it would be too much. As
// an explanation expands all alternates, Bind can still do with such a name.
func (d *Delegation) Truncated() bool { return d.truncated }

// Result is what Bind makes of the same answers: a tree without Alt, not known
// yet, or a failure. At the root it is that exactly. Below it is what this part
// comes to by itself, which a transformer can make something else of.
func (d *Delegation) Result() State[NameTree[*BoundState]] {
	if d.result != nil {
		return *d.result
	}
	s, _ := d.comesTo()
	return s
}

// comesTo is what this part comes to by itself, and where that is Pending,
// whether a union would wait for it.
func (d *Delegation) comesTo() (s State[NameTree[*BoundState]], waits bool) {
	switch d.Kind {
	case KindDelegate, KindTransformation:
		return d.Delegate.comesTo()
	case KindAlt:
		return d.firstOf()
	case KindUnion:
		return d.allOf()
	case KindLeaf:
		return okState(LeafOf(d.Bound)), false
	case KindEmpty:
		return okState(NameTree[*BoundState]{Op: Empty}), false
	case KindFail:
		return okState(NameTree[*BoundState]{Op: Fail}), false
	case KindException:
		if d.Pending {
			var pending errPending
			errors.As(d.Err, &pending)
			s.Err = pending.why
			return s, d.PassedOver == 0
		}
		return State[NameTree[*BoundState]]{Status: Failed, Err: d.Err}, false
	}
	return okState(NameTree[*BoundState]{}), false
}

// firstOf is the first alternate that is not Neg.
func (d *Delegation) firstOf() (s State[NameTree[*BoundState]], waits bool) {
	for _, b := range d.Branches {
		if s, waits = b.comesTo(); s.Status != OK || s.Value.Op != Neg {
			return s, waits
		}
	}
	return okState(NameTree[*BoundState]{}), false
}

// allOf is a union of its branches.
func (d *Delegation) allOf() (_ State[NameTree[*BoundState]], waits bool) {
	var u union
	var branches []NameTree[*BoundState]
	for _, b := range d.Branches {
		s, waits := b.comesTo()
		if u.add(s.Status, s.Value.Op, s.Err, waits) {
			branches = append(branches, s.Value.withWeight(b.Weight))
		}
	}
	switch u.status() {
	case Pending:
		return State[NameTree[*BoundState]]{}, u.waits
	case Failed:
		return State[NameTree[*BoundState]]{Status: Failed, Err: u.failed}, false
	}
	return okState(UnionOf(branches...)), false
}
