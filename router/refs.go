package router

import "sync/atomic"

// refs counts the users of a value that is closed when the last one is done.
// It starts with one user, the cache that made it. Nothing here locks, so a
// request may hold a value that the cache has dropped meanwhile, and never one
// that is closed.
type refs struct {
	users   atomic.Int64
	touched atomic.Bool
}

func (r *refs) init() { r.users.Store(1) }

// acquire adds a user; it is false once the last one was done.
func (r *refs) acquire() bool {
	for {
		n := r.users.Load()
		if n == 0 {
			return false
		}
		if r.users.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// release takes a user away; it is true for the last one, who closes.
func (r *refs) release() (last bool) { return r.users.Add(-1) == 0 }

// touch says that the value is in use, beyond having been made for somebody. A
// store only where needed: the line stays shared.
func (r *refs) touch() {
	if !r.touched.Load() {
		r.touched.Store(true)
	}
}

// untouch is whether the value was touched since untouch was last called.
func (r *refs) untouch() bool { return r.touched.Swap(false) }
