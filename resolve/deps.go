package resolve

import "sync/atomic"

// deps are the activities that an evaluation depends on. One goroutine at a time uses
// it; changed may be called from any.
type deps[K comparable, T any] struct {
	changed func()
	// acquire, if set, is called to get a key's activity, which create makes; release
	// when it is no longer used; and sample instead of sampling the activity.
	acquire func(key K, create func() *Activity[T]) *Activity[T]
	sample  func(key K) State[T]
	release func(key K)
	all     map[K]*dep[T]
}

type dep[T any] struct {
	act   *Activity[T]
	stop  func()
	state State[T] // as the running evaluation sees it
	used  bool     // by the running evaluation
}

// start starts a new evaluation: nothing is used yet.
func (d *deps[K, T]) start() {
	for _, x := range d.all {
		x.used = false
	}
}

// get gives the state of the activity under key, which create makes the first
// time. All calls during one evaluation give the same state.
func (d *deps[K, T]) get(key K, create func() *Activity[T]) State[T] {
	x := d.all[key]
	if x == nil {
		x = &dep[T]{}
		if d.acquire != nil {
			x.act = d.acquire(key, create)
		} else {
			x.act = create()
		}
		if d.all == nil {
			d.all = make(map[K]*dep[T])
		}
		d.all[key] = x
		// What is set before armed is seen by the Sample below.
		var armed atomic.Bool
		x.stop = x.act.Observe(func(State[T]) {
			if armed.Load() {
				d.changed()
			}
		})
		armed.Store(true)
	}
	if !x.used {
		x.used = true
		if d.sample != nil {
			x.state = d.sample(key)
		} else {
			x.state = x.act.Sample()
		}
	}
	return x.state
}

// finish ends an evaluation: what it did not use is released.
func (d *deps[K, T]) finish() {
	for key, x := range d.all {
		if !x.used {
			delete(d.all, key)
			x.stop()
			if d.release != nil {
				d.release(key)
			}
		}
	}
}

// close releases everything.
func (d *deps[K, T]) close() {
	d.start()
	d.finish()
}
