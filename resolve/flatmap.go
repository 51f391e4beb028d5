package resolve

// SourceActivity is an activity that needs no goroutine: start is called by
// who comes first to observe it, with no lock held, and what start returns by
// who is the last to leave. In between it calls set as often as it likes, also
// before start returns and from any goroutine; what it sets after that is
// ignored.
func SourceActivity[T any](start func(set func(State[T])) (stop func())) *Activity[T] {
	return newActivity(start)
}

// FlatMapActivity is what f makes of a's value: an activity, which is followed
// until a changes. f must be quick. While a is pending or has failed, so is the
// result. What f gives next is observed before what it gave last is left, so
// that what both are made of goes on running.
func FlatMapActivity[T, U any](a *Activity[T], f func(T) *Activity[U]) *Activity[U] {
	return newActivity(func(set func(State[U])) func() {
		m := &flatMap[T, U]{outer: a, f: f, set: set}
		m.work, m.release = m.sample, m.giveUp
		stop := a.Observe(func(State[T]) { m.kick() })
		return func() {
			stop()
			m.close()
		}
	})
}

// flatMap follows one activity after the other.
type flatMap[T, U any] struct {
	serial
	outer *Activity[T]
	f     func(T) *Activity[U]
	set   func(State[U])

	seen  *node[T]     // of outer
	inner *Activity[U] // what f made of it, nil if that is no value
	leave func()       // ends observing inner
	last  *node[U]     // of inner, as set
}

func (m *flatMap[T, U]) sample() {
	now := m.outer.node.Load()
	if now != m.seen {
		leave := m.leave
		m.seen, m.inner, m.leave, m.last = now, nil, nil, nil
		if now.Status == OK {
			m.inner = m.f(now.Value)
			m.leave = m.inner.Observe(func(State[U]) { m.kick() })
		}
		if leave != nil {
			leave()
		}
		if m.inner == nil {
			m.set(State[U]{Status: now.Status, Err: now.Err, Since: now.Since})
		}
	}
	if m.inner == nil {
		return
	}
	if inner := m.inner.node.Load(); inner != m.last {
		m.last = inner
		m.set(inner.State)
	}
}

func (m *flatMap[T, U]) giveUp() {
	if m.leave != nil {
		m.leave()
	}
}
