package resolve

// alternates are tried in order: the first that is not Neg counts, also if it is
// pending or has failed.
type alternates struct {
	out     outcome // of those that were tried; at first Neg
	decided bool    // out is that of the first that is not Neg
	all     bool    // the others are tried, too, for the record
	steps   []*Delegation
}

// add adds the outcome of the next one, and reports whether no other is to be tried.
func (a *alternates) add(out outcome) (done bool) {
	if out.step != nil {
		a.steps = append(a.steps, out.step)
	}
	if a.decided {
		return false
	}
	partial := a.out.partial || out.partial
	if a.decided = out.status != OK || out.tree.Op != Neg; a.decided {
		a.out = out
	}
	a.out.partial = partial
	return a.decided && !a.all
}

// abort is the end where nothing further may be tried.
func (a *alternates) abort(out outcome) {
	if !a.decided {
		a.out, a.decided = out, true
	}
}
