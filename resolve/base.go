package resolve

import "iter"

// dtabs is the dtab that one evaluation goes by: an interpreter's base, the dtab
// that the interpreter was given, whose entries win, and a request's own if they
// are given apart. They are not joined: many bindings share the base.
type dtabs [3]Dtab

// reversed gives the entries in the order in which they are tried.
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

// fullDtab keeps an interpreter's base in view.
type fullDtab struct {
	base      deps[struct{}, Dtab]
	given     Dtab
	overrides *Overrides // nil: none are given apart
}

// own is what an evaluation begins with to know of the overrides.
func (f *fullDtab) own() *overriding {
	if f.overrides == nil {
		return nil
	}
	return &overriding{f.overrides, make(map[*Dentry]bool), make(map[*Bound]lead)}
}

// now gives the dtabs as of now; known is false while the base is not, for
// which out stands then.
func (f *fullDtab) now(in *DefaultInterpreter) (d dtabs, out outcome, known bool) {
	d[1] = f.given
	if f.overrides != nil {
		d[2] = f.overrides.Dtab
	}
	if in.base == nil {
		return d, outcome{}, true
	}
	f.base.begin()
	s := f.base.get(struct{}{}, func() *Activity[Dtab] { return in.base })
	d[0] = s.Value
	return d, outcome{status: s.Status, err: s.Err}, s.Status == OK
}

// stepsOf is what it costs to rewrite p once, and to have what that gives.
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
