package resolve

// A Step is one name on the way from a name to a replica set.
type Step struct {
	Path Path
	// By is what led to Path: an entry of a dtab such as "/svc=>/srv", or what a
	// transformer calls itself. Empty for the name at the beginning, and for a name
	// that a namer answered with.
	By string
}

// Trail returns the steps from the name that was explained to the replica set with that
// ID, the first way if several lead there; nil if none does (the steps that Linkerd's
// diagnostic tracing shows, DelegateTree.scala).
func (d *Delegation) Trail(id Path) []Step { return d.simplified().trail(id) }

func (d *Delegation) trail(id Path) []Step {
	at := Step{Path: d.Path}
	if d.Dentry != nil {
		at.By = d.Dentry.String()
	}
	var rest []Step
	switch d.kind() {
	case kindLeaf:
		if d.Bound.ID == id {
			return []Step{at}
		}
		return nil
	case kindTransformation:
		if rest = d.Delegate.trail(id); rest != nil {
			rest[0].By = d.Transformer // its entry is the one that led here
		}
	case kindDelegate:
		rest = d.Delegate.trail(id)
	case kindAlt, kindUnion:
		for _, branch := range d.Branches {
			if rest = branch.trail(id); rest != nil {
				break
			}
		}
	}
	if rest == nil {
		return nil
	}
	return append([]Step{at}, rest...)
}
