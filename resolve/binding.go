package resolve

import "sync"

// binding keeps one name bound: it evaluates the name anew whenever one of the
// answers that the latest evaluation used has changed.
type binding struct {
	in   *DefaultInterpreter
	dtab whole
	path Path
	set  func(State[NameTree[*Bound]])
	deps deps[lookupKey, NameTree[Name]]
	last outcome // as published

	mu       sync.Mutex
	running  bool // some goroutine is in kick's loop
	dirty    bool // and must go round once more
	closed   bool
	released bool
}

func newBinding(in *DefaultInterpreter, d Dtab, p Path, set func(State[NameTree[*Bound]])) *binding {
	b := &binding{in: in, path: p, set: set}
	b.dtab.given, b.dtab.base.changed = d, b.kick
	b.deps.changed, b.deps.take, b.deps.drop = b.kick, in.shared.take, in.shared.drop
	return b
}

// kick evaluates, unless another goroutine is at it and can be told to.
func (b *binding) kick() {
	b.mu.Lock()
	b.dirty = true
	if b.running || b.closed {
		b.mu.Unlock()
		return
	}
	b.running = true
	for b.dirty && !b.closed {
		b.dirty = false
		b.mu.Unlock()
		b.evaluate()
		b.mu.Lock()
	}
	b.running = false
	b.releaseIfOver()
}

// close gives up all dependencies: here, or in the goroutine that evaluates.
func (b *binding) close() {
	b.mu.Lock()
	b.closed = true
	b.releaseIfOver()
}

// releaseIfOver is entered with the lock and leaves without it.
func (b *binding) releaseIfOver() {
	release := b.closed && !b.running && !b.released
	b.released = b.released || release
	b.mu.Unlock()
	if release {
		b.deps.release()
		b.dtab.base.release()
	}
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
