package resolve

import "iter"

// dtabs is the dtab that one evaluation goes by: an interpreter's base, and
// the dtab that the interpreter was given, whose entries win. They are not
// joined: many bindings share the base.
type dtabs [2]Dtab

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
	base  deps[struct{}, Dtab]
	given Dtab
}

// now gives the dtabs as of now; known is false while the base is not, for
// which out stands then.
func (f *fullDtab) now(in *DefaultInterpreter) (d dtabs, out outcome, known bool) {
	if in.base == nil {
		return dtabs{nil, f.given}, outcome{}, true
	}
	f.base.begin()
	s := f.base.get(struct{}{}, func() *Activity[Dtab] { return in.base })
	return dtabs{s.Value, f.given}, outcome{status: s.Status, err: s.Err}, s.Status == OK
}
