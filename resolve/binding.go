package resolve

// binding keeps one name bound: it evaluates the name anew whenever one of the
// answers that the latest evaluation used has changed.
type binding struct {
	rounds
	in   *DefaultInterpreter
	dtab fullDtab
	path Path
	set  func(State[NameTree[*Bound]])
	deps deps[lookupKey, NameTree[Name]]
	last outcome // as published
}

func newBinding(in *DefaultInterpreter, d Dtab, p Path, set func(State[NameTree[*Bound]])) *binding {
	b := &binding{in: in, path: p, set: set}
	b.round, b.end = b.evaluate, b.release
	b.dtab.given, b.dtab.base.changed = d, b.kick
	b.deps.changed, b.deps.take, b.deps.drop = b.kick, in.shared.take, in.shared.drop
	return b
}

func (b *binding) release() {
	b.deps.release()
	b.dtab.base.release()
}

func (b *binding) evaluate() {
	dtab, now, known := b.dtab.now(b.in)
	if known {
		b.deps.begin()
		e := evaluation{in: b.in, dtab: dtab, deps: &b.deps, own: b.dtab.own()}
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
