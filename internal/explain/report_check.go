package explain

import "errors"

var errNoReport = errors.New("explain: this is no whole report")

// check says whether everything is there that the text is made of.
func (r *Report) check() error {
	if r.Sent < 1 && r.Refusal == nil || r.Lookup != nil && !r.Lookup.whole() {
		return errNoReport
	}
	for _, t := range r.Targets {
		if t.Replicas == nil && t.Refusal == nil {
			return errNoReport
		}
		if t.Replicas == nil {
			continue
		}
		for _, a := range t.Replicas.Addresses {
			if a.Share == nil {
				return errNoReport
			}
		}
	}
	return nil
}

// whole says whether a node has what its kind needs, and all below it.
func (n *Node) whole() bool {
	switch {
	case n == nil,
		n.Kind == KindReplicas && n.Replicas == nil,
		n.Kind == KindTransformation && len(n.Branches) == 0:
		return false
	}
	for _, b := range n.Branches {
		if !b.whole() || n.Kind == KindUnion && b.Weight == nil {
			return false
		}
	}
	return true
}
