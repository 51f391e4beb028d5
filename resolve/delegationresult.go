package resolve

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
	switch d.Kind {
	case KindDelegate, KindTransformation:
		return d.Delegate.Result()
	case KindAlt:
		return d.firstOf()
	case KindUnion:
		return d.allOf()
	case KindLeaf:
		return okState(LeafOf(d.Bound))
	case KindEmpty:
		return okState(NameTree[*BoundState]{Op: Empty})
	case KindFail:
		return okState(NameTree[*BoundState]{Op: Fail})
	case KindException:
		if d.Pending {
			return State[NameTree[*BoundState]]{}
		}
		return State[NameTree[*BoundState]]{Status: Failed, Err: d.Err}
	}
	return okState(NameTree[*BoundState]{})
}

// firstOf is the first alternate that is not Neg.
func (d *Delegation) firstOf() State[NameTree[*BoundState]] {
	for _, b := range d.Branches {
		if s := b.Result(); s.Status != OK || s.Value.Op != Neg {
			return s
		}
	}
	return okState(NameTree[*BoundState]{})
}

// allOf are the branches that are known and neither Neg nor Fail.
func (d *Delegation) allOf() State[NameTree[*BoundState]] {
	var branches []NameTree[*BoundState]
	known := len(d.Branches) == 0
	var none State[NameTree[*BoundState]]
	for _, b := range d.Branches {
		s := b.Result()
		switch {
		case s.Status == OK:
			known = true
			if s.Value.Op != Neg && s.Value.Op != Fail {
				branches = append(branches, s.Value.withWeight(b.Weight))
			}
		case s.Status == Failed && none.Status == Pending:
			none = s
		}
	}
	if !known {
		return none
	}
	return okState(UnionOf(branches...))
}
