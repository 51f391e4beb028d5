package resolve

// simplified is d without the steps that do not change the name
// (DelegateTree.scala).
func (d *Delegation) simplified() *Delegation {
	switch d.kind() {
	case kindDelegate:
		return d.collapsed(d.Delegate)
	case kindTransformation:
		d = d.copied()
		d.Delegate = d.Delegate.simplified()
		d.simplifyBranches()
	case kindAlt, kindUnion:
		if len(d.Branches) == 1 {
			return d.collapsed(d.Branches[0])
		}
		d = d.copied()
		if len(d.Branches) == 0 {
			d.Op = Neg
		}
		d.simplifyBranches()
	}
	return d
}

func (d *Delegation) copied() *Delegation {
	c := *d
	return &c
}

// collapsed is d as a step to next, or next itself if that has the same name.
func (d *Delegation) collapsed(next *Delegation) *Delegation {
	next = next.simplified()
	switch next.kind() {
	case kindNeg, kindEmpty, kindFail, kindException, kindTransformation:
	default:
		if next.Path == d.Path {
			next = next.copied()
			next.Dentry, next.Weight = d.Dentry, d.Weight
			return next
		}
	}
	d = d.copied()
	d.Op, d.Delegate, d.Branches = Leaf, next, nil
	return d
}

// simplifyBranches also lifts alternates of alternates.
func (d *Delegation) simplifyBranches() {
	var flat []*Delegation
	for _, sub := range d.Branches {
		sub = sub.simplified()
		if d.kind() == kindAlt && sub.kind() == kindAlt && sub.Path == d.Path {
			flat = append(flat, sub.Branches...)
		} else {
			flat = append(flat, sub)
		}
	}
	d.Branches = flat
}
