package resolve

import "iter"

// dtabs are the dtabs of one evaluation: the interpreter's base; the dtab that the
// interpreter was given, whose entries win over it; and a request's own entries, if they
// are given separately. They are not joined because many bindings share the base.
type dtabs [3]Dtab

// reversed yields the entries in the order in which they are tried.
func (d *dtabs) reversed() iter.Seq[*Dentry] {
	return func(yield func(*Dentry) bool) {
		for i := len(d) - 1; i >= 0; i-- {
			for j := len(d[i]) - 1; j >= 0; j-- {
				if !yield(&d[i][j]) {
					return
				}
			}
		}
	}
}

// fullDtab is what a name is looked up in; it follows the interpreter's base.
type fullDtab struct {
	base      deps[struct{}, Dtab]
	given     Dtab
	overrides *Overrides // nil: none are given separately
}

// own is the state of the overrides at the start of an evaluation.
func (f *fullDtab) own() *overriding {
	if f.overrides == nil {
		return nil
	}
	return &overriding{f.overrides, make(map[*Dentry]bool), make(map[*Bound]lead)}
}

// now returns the current dtabs. If the base has no value, known is false and out is
// the outcome of the name.
func (f *fullDtab) now(in *DefaultInterpreter) (d dtabs, out outcome, known bool) {
	d[1] = f.given
	if f.overrides != nil {
		d[2] = f.overrides.Dtab
	}
	if in.base == nil {
		return d, outcome{}, true
	}
	f.base.start()
	s := f.base.get(struct{}{}, func() *Activity[Dtab] { return in.base })
	d[0] = s.Value
	return d, outcome{status: s.Status, err: s.Err}, s.Status == OK
}

// stepsOf is what it costs to rewrite p once, and to hold the result.
func (d *dtabs) stepsOf(p Path) int {
	steps := 1 + len(p.text)/bytesPerStep + (len(d[0])+len(d[1])+len(d[2]))/entriesPerStep
	if len(p.text) < bytesPerStep {
		return steps
	}
	for e := range d.reversed() {
		if rest, ok := e.Prefix.cut(p); ok {
			steps += e.Dst.size() * len(rest.text) / bytesPerStep // it is copied to each leaf
		}
	}
	return steps
}
