package resolve

import "fmt"

// simplified is d without the steps that do not change the name
// (DelegateTree.scala).
func (d *Delegation) simplified() *Delegation {
	switch d.Kind {
	case KindDelegate:
		return d.collapsed(d.Delegate)
	case KindTransformation:
		d = d.copied()
		d.Delegate = d.Delegate.simplified()
		d.simplifyBranches()
	case KindAlt, KindUnion:
		if len(d.Branches) == 1 {
			return d.collapsed(d.Branches[0])
		}
		d = d.copied()
		if len(d.Branches) == 0 {
			d.Kind = KindNeg
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
	switch next.Kind {
	case KindNeg, KindEmpty, KindFail, KindException, KindTransformation:
	default:
		if next.Path == d.Path {
			next = next.copied()
			next.Dentry, next.Weight = d.Dentry, d.Weight
			return next
		}
	}
	d = d.copied()
	d.Kind, d.Delegate, d.Branches = KindDelegate, next, nil
	return d
}

// simplifyBranches also lifts alternates of alternates.
func (d *Delegation) simplifyBranches() {
	var flat []*Delegation
	for _, sub := range d.Branches {
		sub = sub.simplified()
		if d.Kind == KindAlt && sub.Kind == KindAlt && sub.Path == d.Path {
			flat = append(flat, sub.Branches...)
		} else {
			flat = append(flat, sub)
		}
	}
	d.Branches = flat
}

// transformerName is what a transformer calls itself, else its type.
func transformerName(t Transformer) string {
	if s, ok := t.(fmt.Stringer); ok {
		return s.String()
	}
	return fmt.Sprintf("%T", t)
}
