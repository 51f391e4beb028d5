package resolve

// Size is about how many bytes the explanation is as JSON. Each node shows the
// whole rule that led to it, and so the explanation of a short name can be long.
func (d *Delegation) Size() int {
	s := delegationSize{rules: make(map[*Dentry]int)}
	s.add(d)
	return s.total
}

type delegationSize struct {
	total int
	rules map[*Dentry]int
}

func (s *delegationSize) add(d *Delegation) {
	const braces, address = 64, 64
	s.total += braces + len(d.Path.String())
	if d.Dentry != nil {
		if s.rules[d.Dentry] == 0 {
			s.rules[d.Dentry] = len(d.Dentry.String()) + braces
		}
		s.total += s.rules[d.Dentry]
	}
	if d.Bound != nil {
		s.total += braces + len(d.Bound.ID.String()) + len(d.Bound.Residual.String()) + address*len(d.Bound.Addr.Sample().Value.Addresses)
	}
	for _, branch := range d.Branches {
		s.add(branch)
	}
	if d.Delegate != nil {
		s.add(d.Delegate)
	}
}
