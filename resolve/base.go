package resolve

// fullDtab is the dtab that one evaluation goes by: an interpreter's base,
// followed by the dtab that the interpreter was given.
type fullDtab struct {
	base  deps[struct{}, Dtab]
	given Dtab

	last   Dtab // the base that joined was made of
	joined Dtab
}

// now gives the dtab as of now; known is false while the base is not, for
// which out stands then.
func (f *fullDtab) now(in *DefaultInterpreter) (d Dtab, out outcome, known bool) {
	if in.base == nil {
		return f.given, outcome{}, true
	}
	f.base.begin()
	s := f.base.get(struct{}{}, func() *Activity[Dtab] { return in.base })
	if s.Status != OK {
		return nil, outcome{status: s.Status, err: s.Err}, false
	}
	if f.joined == nil || !sameSlice(f.last, s.Value) {
		f.last, f.joined = s.Value, s.Value.Append(f.given...)
	}
	return f.joined, outcome{}, true
}

// sameSlice says whether two dtabs are one.
func sameSlice(a, b Dtab) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}
