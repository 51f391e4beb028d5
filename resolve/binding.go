package resolve

// binding keeps one name bound: it evaluates the name anew whenever one of the
// answers that the latest evaluation used has changed.
type binding struct {
	rounds
	in   *DefaultInterpreter
	dtab Dtab
	path Path
	set  func(State[NameTree[*Bound]])
	deps deps[lookupKey, NameTree[Name]]
	last outcome // as published
}

func newBinding(in *DefaultInterpreter, d Dtab, p Path, set func(State[NameTree[*Bound]])) *binding {
	b := &binding{in: in, dtab: d, path: p, set: set}
	b.round, b.end = b.evaluate, b.deps.release
	b.deps.changed, b.deps.take, b.deps.drop = b.kick, in.shared.take, in.shared.drop
	return b
}

func (b *binding) evaluate() {
	b.deps.begin()
	e := evaluation{in: b.in, dtab: b.dtab, deps: &b.deps}
	now := e.run(b.path)
	b.deps.sweep()
	if now.same(b.last) {
		return
	}
	b.last = now
	b.set(State[NameTree[*Bound]]{Status: now.status, Value: now.tree, Err: now.err})
}
