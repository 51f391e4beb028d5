package resolve

// whole is the dtab that one evaluation goes by: an interpreter's base,
// followed by the dtab that the interpreter was given.
type whole struct {
	base  deps[struct{}, Dtab]
	given Dtab

	last   Dtab // the base that joined was made of
	joined Dtab
}

// dtab gives the dtab as of now; known is false while the base is not, for
// which out stands then.
func (w *whole) dtab(in *DefaultInterpreter) (d Dtab, out outcome, known bool) {
	if in.base == nil {
		return w.given, outcome{}, true
	}
	w.base.begin()
	s := w.base.get(struct{}{}, func() *Activity[Dtab] { return in.base })
	if s.Status != OK {
		return nil, outcome{status: s.Status, err: s.Err}, false
	}
	if w.joined == nil || !sameSlice(w.last, s.Value) {
		w.last, w.joined = s.Value, s.Value.Append(w.given...)
	}
	return w.joined, outcome{}, true
}

// sameSlice says whether two dtabs are one.
func sameSlice(a, b Dtab) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}
