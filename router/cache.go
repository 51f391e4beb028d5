package router

import (
	"container/heap"
	"hash/maphash"
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// cached is a value of a cache: see [refs]. close is called once, when the value
// has no user any more.
type cached interface {
	comparable
	acquire() bool
	release() (last bool)
	look() bool
	unlook() (last bool)
	retire() bool
	inUse() bool
	touch()
	lastUse() uint64
	close()
}

// cache keeps values that expire when they are not used, and of those that are
// not in use no more than its bound. Readers load an immutable map and take no
// lock; whoever adds or drops a value copies one shard of the map under the lock.
//
// The value that was used least lately makes room. Time is counted in epochs: one
// begins with each value that is added, so that a reader seldom has anything to
// store. A value that a request holds is never dropped. Where requests hold all
// of them the cache grows beyond its bound, at most by the requests in flight, and
// from then on drops each value whose last request ends, until it is back within
// its bound.
type cache[K comparable, V cached] struct {
	seed   maphash.Seed
	shards [cacheShards]atomic.Pointer[map[K]*slot[K, V]]
	epoch  atomic.Uint64
	over   atomic.Bool // there are more values than the bound, all in use

	mu     sync.Mutex
	order  slots[K, V]
	bound  int
	closed bool

	stats cacheCounters
}

const cacheShards = 64

// slot is a value's place in the cache; all but key and value are guarded by the
// cache's mu.
type slot[K comparable, V cached] struct {
	key      K
	value    V
	at       int    // in the order
	age      uint64 // the epoch that its place in the order is due to
	swept    uint64 // the last use that a sweep saw
	lastUsed time.Time
}

type cacheCounters struct {
	misses, evicts, expires, oneshots, overflows atomic.Uint64
}

func newCache[K comparable, V cached](bound int) *cache[K, V] {
	c := &cache[K, V]{seed: maphash.MakeSeed(), bound: bound}
	c.epoch.Store(1) // 0 is never
	for i := range c.shards {
		c.shards[i].Store(&map[K]*slot[K, V]{})
	}
	return c
}

func (c *cache[K, V]) shard(k K) *atomic.Pointer[map[K]*slot[K, V]] {
	return &c.shards[maphash.Comparable(c.seed, k)%cacheShards]
}

// get returns the value at k, acquired for the caller, who calls done. It
// neither locks nor allocates.
func (c *cache[K, V]) get(k K) (v V, ok bool) {
	s, ok := (*c.shard(k).Load())[k]
	if !ok || !s.value.acquire() {
		return v, false
	}
	s.value.touch()
	return s.value, true
}

// look calls f with the value at k, if there is one, which does not count as a
// use of it.
func (c *cache[K, V]) look(k K, f func(V)) (ok bool) {
	s, ok := (*c.shard(k).Load())[k]
	return ok && s.look(f)
}

func (s *slot[K, V]) look(f func(V)) (ok bool) {
	if !s.value.look() {
		return false
	}
	f(s.value)
	if s.value.unlook() {
		s.value.close()
	}
	return true
}

// getOrMake is get, and where nothing is there it adds what make returns. make
// runs under the cache's lock and so must not wait; what it returns counts one
// user, the cache. ok is false after close.
func (c *cache[K, V]) getOrMake(k K, make func(epoch *atomic.Uint64) V) (v V, ok bool) {
	if v, ok := c.get(k); ok {
		return v, true
	}
	var dropped []V
	defer func() { closeAll(dropped) }()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return v, false
	}
	if v, ok := c.get(k); ok {
		return v, true
	}
	c.stats.misses.Add(1)
	dropped = c.makeRoom()
	s := &slot[K, V]{key: k, value: make(&c.epoch), age: c.epoch.Add(1), lastUsed: time.Now()}
	s.value.acquire()
	heap.Push(&c.order, s)
	c.edit(k, func(m map[K]*slot[K, V]) { m[k] = s })
	return s.value, true
}

// done gives back one acquire of the value at k.
func (c *cache[K, V]) done(k K, v V) {
	if v.release() {
		v.close()
		return
	}
	if c.over.Load() && !v.inUse() && c.shrink(k, v) {
		v.close()
	}
}

// shrink drops the value at k, which was in use while the cache was over its
// bound.
func (c *cache[K, V]) shrink(k K, v V) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := (*c.shard(k).Load())[k]
	if s == nil || s.value != v || len(c.order) <= c.bound || !v.retire() {
		return false
	}
	c.drop(s)
	c.stats.evicts.Add(1)
	c.over.Store(len(c.order) > c.bound)
	return true
}

// makeRoom drops values, the least lately used first, until one more has room or
// all that are left are in use.
func (c *cache[K, V]) makeRoom() (dropped []V) {
	for len(c.order) >= c.bound && !c.over.Load() {
		v, ok := c.evict()
		if !ok {
			c.over.Store(true)
			break
		}
		dropped = append(dropped, v)
	}
	if c.over.Load() {
		c.stats.overflows.Add(1)
	}
	return dropped
}

// evict drops the least lately used value. The order knows of a use only when it
// comes to the value: then the value gets the place that is its due. A value in
// use counts as used now.
func (c *cache[K, V]) evict() (v V, ok bool) {
	for range 2 * len(c.order) {
		s := c.order[0]
		due := max(s.age, s.value.lastUse())
		if s.value.inUse() {
			due = c.epoch.Load()
		}
		if due == s.age && s.value.retire() {
			c.drop(s)
			c.stats.evicts.Add(1)
			return s.value, true
		}
		if due == s.age { // somebody has it just now
			due++
		}
		s.age = due
		heap.Fix(&c.order, 0)
	}
	return v, false
}

// drop takes a retired value out.
func (c *cache[K, V]) drop(s *slot[K, V]) {
	heap.Remove(&c.order, s.at)
	c.edit(s.key, func(m map[K]*slot[K, V]) { delete(m, s.key) })
	if s.value.lastUse() == 0 {
		c.stats.oneshots.Add(1)
	}
}

// edit replaces the shard of k by an edited copy.
func (c *cache[K, V]) edit(k K, change func(map[K]*slot[K, V])) {
	shard := c.shard(k)
	m := maps.Clone(*shard.Load())
	change(m)
	shard.Store(&m)
}

// sweep drops the values that were not used for the time to live.
func (c *cache[K, V]) sweep(now time.Time, ttl time.Duration) {
	closeAll(c.expired(now, ttl))
}

func (c *cache[K, V]) expired(now time.Time, ttl time.Duration) []V {
	c.mu.Lock()
	defer c.mu.Unlock()
	var dropped []V
	for i := range c.shards {
		for _, s := range *c.shards[i].Load() {
			if used := s.value.lastUse(); used != s.swept || s.value.inUse() {
				s.swept, s.lastUsed = used, now
				continue
			}
			if now.Sub(s.lastUsed) < ttl || !s.value.retire() {
				continue
			}
			c.drop(s)
			c.stats.expires.Add(1)
			dropped = append(dropped, s.value)
		}
	}
	c.epoch.Add(1) // or a use from now on could not be told from one before
	c.over.Store(c.over.Load() && len(c.order) > c.bound)
	return dropped
}

// idle calls f for each value of which the sweeps have seen no use for a time, and
// tells it the last use that they saw.
func (c *cache[K, V]) idle(now time.Time, after time.Duration, f func(v V, seen uint64)) {
	type one struct {
		value V
		seen  uint64
	}
	var all []one
	c.mu.Lock()
	for _, s := range c.order {
		if now.Sub(s.lastUsed) >= after {
			all = append(all, one{s.value, s.swept})
		}
	}
	c.mu.Unlock()
	for _, o := range all {
		f(o.value, o.seen)
	}
}

// each calls f for each value, also for one that is just being closed: f may only read its
// counters.
func (c *cache[K, V]) each(f func(V)) {
	for i := range c.shards {
		for _, s := range *c.shards[i].Load() {
			f(s.value)
		}
	}
}

// values calls f for each value, which does not count as a use of it.
func (c *cache[K, V]) values(f func(V)) {
	for i := range c.shards {
		for _, s := range *c.shards[i].Load() {
			s.look(f)
		}
	}
}

// close drops all values and lets no new one in. Those in use are closed when
// their last user is done.
func (c *cache[K, V]) close() {
	c.mu.Lock()
	c.closed = true
	all := c.order
	c.order = nil
	for i := range c.shards {
		c.shards[i].Store(&map[K]*slot[K, V]{})
	}
	c.mu.Unlock()
	for _, s := range all {
		if s.value.release() {
			s.value.close()
		}
	}
}

func (c *cache[K, V]) snapshot() CacheStats {
	c.mu.Lock()
	size := len(c.order)
	c.mu.Unlock()
	return CacheStats{
		Size:      size,
		Misses:    c.stats.misses.Load(),
		Evicts:    c.stats.evicts.Load(),
		Expires:   c.stats.expires.Load(),
		Oneshots:  c.stats.oneshots.Load(),
		Overflows: c.stats.overflows.Load(),
	}
}

func closeAll[V cached](dropped []V) {
	for _, v := range dropped {
		v.close()
	}
}

// slots is a heap: the one that was used least lately comes first.
type slots[K comparable, V cached] []*slot[K, V]

func (s slots[K, V]) Len() int           { return len(s) }
func (s slots[K, V]) Less(i, j int) bool { return s[i].age < s[j].age }
func (s slots[K, V]) Swap(i, j int) {
	s[i], s[j] = s[j], s[i]
	s[i].at, s[j].at = i, j
}

func (s *slots[K, V]) Push(x any) {
	one := x.(*slot[K, V])
	one.at = len(*s)
	*s = append(*s, one)
}

func (s *slots[K, V]) Pop() any {
	old := *s
	last := len(old) - 1
	one := old[last]
	old[last] = nil
	*s = old[:last]
	return one
}
