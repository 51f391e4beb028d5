package resolve

import "time"

// Recorded is what the steps of a look-up lead to while they are recorded. At the root
// of a [Delegation] stands what Bind makes of the same answers, whatever that is.
func Recorded(in *DefaultInterpreter, d Dtab, p Path) State[NameTree[*Bound]] {
	x := explanation{in: in, given: fullDtab{given: d}, most: maxExplained}
	changed := func() {}
	x.given.base.changed, x.names.changed, x.bounds.changed, x.addrs.changed = changed, changed, changed, changed
	in.shared.serve(&x.names)
	defer x.release()
	dtab, _, _ := x.given.now(in)
	e := evaluation{in: in, dtab: dtab, deps: &x.names, now: time.Now(), most: x.most, rec: &x}
	return e.name(origin{}, p, 0).step.Result
}
