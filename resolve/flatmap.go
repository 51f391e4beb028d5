package resolve

import "sync/atomic"

// FlatMapActivity follows the activity that f returns for a's value, and the next one
// when that value changes. While a has no value, the result has a's state. f must be
// quick; it is called again for each change of a, never concurrently. The result runs
// while it is observed, and so do a and the activity that f returned last.
func FlatMapActivity[T, U any](a *Activity[T], f func(T) *Activity[U]) *Activity[U] {
	return newActivity(func(set func(State[U])) func() {
		m := &flatMap[T, U]{outer: a, f: f, set: set}
		m.run, m.final, m.inner.changed = m.update, m.inner.close, m.trigger
		stop := a.Observe(func(State[T]) {
			m.news.Store(true)
			m.trigger()
		})
		return func() {
			stop()
			m.close()
		}
	})
}

// flatMap is one run of a FlatMapActivity.
type flatMap[T, U any] struct {
	coalescer
	outer *Activity[T]
	f     func(T) *Activity[U]
	set   func(State[U])
	news  atomic.Bool // outer has changed since the last update

	now   State[T]     // of outer
	times int          // that outer had news
	inner deps[int, U] // the activity for each of these times; only the last is kept
}

func (m *flatMap[T, U]) update() {
	if m.news.Swap(false) {
		m.now = m.outer.Sample()
		m.times++
	}
	m.inner.start()
	out := State[U]{Status: m.now.Status, Err: m.now.Err, Since: m.now.Since}
	if m.now.Status == OK {
		out = m.inner.get(m.times, func() *Activity[U] { return m.f(m.now.Value) })
	}
	m.inner.finish() // after the new one runs: what both build on keeps running
	m.set(out)
}
