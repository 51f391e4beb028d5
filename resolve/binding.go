package resolve

import "time"

// binding keeps one name bound: it evaluates the name again when an answer that the
// last evaluation used has changed, and when a union has waited long enough for a
// branch.
type binding struct {
	coalescer
	in   *DefaultInterpreter
	dtab fullDtab
	path Path
	set  func(State[NameTree[*Bound]])
	deps deps[lookupKey, NameTree[Name]]
	last outcome // as published
	wait *time.Timer
}

func newBinding(in *DefaultInterpreter, d Dtab, p Path, set func(State[NameTree[*Bound]])) *binding {
	b := &binding{in: in, path: p, set: set}
	b.run, b.final = b.evaluate, b.release
	b.dtab.given, b.dtab.base.changed = d, b.trigger
	b.deps.changed = b.trigger
	in.shared.serve(&b.deps)
	return b
}

func (b *binding) release() {
	b.waitUntil(time.Time{})
	b.deps.close()
	b.dtab.base.close()
}

func (b *binding) evaluate() {
	dtab, now, known := b.dtab.now(b.in)
	if known {
		b.deps.start()
		e := evaluation{in: b.in, dtab: dtab, deps: &b.deps, now: time.Now(), most: b.in.maxSteps, own: b.dtab.own()}
		now = e.run(b.path)
		b.deps.finish()
		b.waitUntil(e.again)
	}
	// Otherwise the previous answers are kept: they will be needed again.
	if now.same(b.last) {
		return
	}
	b.last = now
	b.set(State[NameTree[*Bound]]{Status: now.status, Value: now.tree, Err: now.err})
}

// waitUntil has the name evaluated again at that time. A zero time cancels that.
func (b *binding) waitUntil(at time.Time) {
	switch {
	case b.wait != nil:
		b.wait.Stop()
	case at.IsZero():
		return
	default:
		b.wait = time.AfterFunc(time.Until(at), b.trigger)
		return
	}
	if !at.IsZero() {
		b.wait.Reset(time.Until(at))
	}
}
