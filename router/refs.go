package router

import "sync/atomic"

// refs counts the users of a value of a cache: the cache itself is one, and so
// is each request that holds the value. Whoever only looks at the value is counted
// apart. It also remembers when the value was last used. Nothing here locks.
//
// A value leaves a cache that is full, or one that no longer needs it, only by retire,
// which fails while anybody holds it, and after which nobody can: of the values that
// were made for one key at most one is ever in use.
type refs struct {
	users atomic.Int64  // users, and lookers times looker
	used  atomic.Uint64 // the epoch of the last use; 0: none but the one it was made for
	epoch *atomic.Uint64
}

const looker = 1 << 32

// init begins with one user, the cache, whose epochs count.
func (r *refs) init(epoch *atomic.Uint64) {
	r.epoch = epoch
	r.users.Store(1)
}

// acquire adds a user; it is false for a value that was retired.
func (r *refs) acquire() bool { return r.add(1) }

// look adds a looker, likewise.
func (r *refs) look() bool { return r.add(looker) }

func (r *refs) add(holder int64) bool {
	for {
		n := r.users.Load()
		if n == 0 {
			return false
		}
		if r.users.CompareAndSwap(n, n+holder) {
			return true
		}
	}
}

// release takes a user away; it is true for the last one, who closes the value.
func (r *refs) release() (last bool) { return r.users.Add(-1) == 0 }

// unlook takes a looker away, likewise.
func (r *refs) unlook() (last bool) { return r.users.Add(-looker) == 0 }

// retire takes the last user away, the cache, who then closes the value. It is
// false if anybody else holds the value.
func (r *refs) retire() bool { return r.users.CompareAndSwap(1, 0) }

// inUse says whether a request holds the value.
func (r *refs) inUse() bool { return r.users.Load()%looker > 1 }

// touch says that the value is used, beyond having been made for somebody. It
// stores only once in an epoch: the line stays shared.
func (r *refs) touch() {
	if now := r.epoch.Load(); r.used.Load() != now {
		r.used.Store(now)
	}
}

// lastUse is the epoch in which the value was last touched, 0 if it never was.
func (r *refs) lastUse() uint64 { return r.used.Load() }
