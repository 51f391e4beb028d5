package resolve

import "sync/atomic"

// FlatMapActivity is the activity that f gives for a's value, and another one
// when that changes. While a has no value it is in a's state. f must be quick
// and is called again for each change of a, never two at a time. It runs while
// it is observed, and so do a and the activity that f gave last.
func FlatMapActivity[T, U any](a *Activity[T], f func(T) *Activity[U]) *Activity[U] {
	return newActivity(func(set func(State[U])) func() {
		m := &flatMap[T, U]{outer: a, f: f, set: set}
		m.round, m.end, m.inner.changed = m.look, m.inner.release, m.kick
		stop := a.Observe(func(State[T]) {
			m.news.Store(true)
			m.kick()
		})
		return func() {
			stop()
			m.close()
		}
	})
}

// flatMap is one run of a FlatMapActivity.
type flatMap[T, U any] struct {
	rounds
	outer *Activity[T]
	f     func(T) *Activity[U]
	set   func(State[U])
	news  atomic.Bool // from outer, not looked at yet

	now   State[T]     // of outer
	times int          // that outer had news
	inner deps[int, U] // the activity for each of these times, of which the last is kept
}

func (m *flatMap[T, U]) look() {
	if m.news.Swap(false) {
		m.now = m.outer.Sample()
		m.times++
	}
	m.inner.begin()
	out := State[U]{Status: m.now.Status, Err: m.now.Err, Since: m.now.Since}
	if m.now.Status == OK {
		out = m.inner.get(m.times, func() *Activity[U] { return m.f(m.now.Value) })
	}
	m.inner.sweep() // after the new one runs: what both build on keeps running
	m.set(out)
}
