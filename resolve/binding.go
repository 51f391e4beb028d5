package resolve

// binding keeps one name bound: it evaluates the name anew whenever one of the
// answers that the latest evaluation used has changed.
type binding struct {
	serial
	in   *DefaultInterpreter
	dtab whole
	path Path
	set  func(State[NameTree[*Bound]])
	deps deps[lookupKey, NameTree[Name]]
	last outcome // as published
}

func newBinding(in *DefaultInterpreter, d Dtab, p Path, set func(State[NameTree[*Bound]])) *binding {
	b := &binding{in: in, path: p, set: set}
	b.work, b.release = b.evaluate, b.giveUp
	b.dtab.given, b.dtab.base.changed = d, b.kick
	b.deps.changed, b.deps.take, b.deps.drop = b.kick, in.shared.take, in.shared.drop
	return b
}

// giveUp ends all dependencies.
func (b *binding) giveUp() {
	b.deps.release()
	b.dtab.base.release()
}

// evaluate is called by one goroutine at a time and with no lock held.
func (b *binding) evaluate() {
	dtab, now, known := b.dtab.dtab(b.in)
	if known {
		b.deps.begin()
		e := evaluation{in: b.in, dtab: dtab, deps: &b.deps}
		now = e.run(b.path)
		b.deps.sweep()
	}
	// Else the answers of before are kept: they will be needed again.
	if now.same(b.last) {
		return
	}
	b.last = now
	b.set(State[NameTree[*Bound]]{Status: now.status, Value: now.tree, Err: now.err})
}
