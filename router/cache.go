package router

import (
	"hash/maphash"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// cached is a value of a cache: counted by its users, closed after the last.
type cached interface {
	acquire() bool
	done()         // gives back one acquire; the last one closes
	touch()        // says that it is in use
	untouch() bool // whether it was since the last call
}

// cache keeps a bounded number of values that expire when they are not used.
// Readers load an immutable map and take no lock; who adds or drops a value
// copies one shard of the map under the lock. The least recently used value
// makes room, with a second chance for one that was touched since it was last
// looked at: readers, and those who got hold of a value in another way and use
// it, only set a flag.
type cache[K comparable, V cached] struct {
	seed   maphash.Seed
	shards [cacheShards]atomic.Pointer[map[K]*slot[V]]

	mu     sync.Mutex
	order  *lru.Cache[K, *slot[V]] // least recently used first
	bound  int
	closed bool

	stats cacheCounters
}

const cacheShards = 16

type slot[V any] struct {
	value    V
	lastUsed time.Time // guarded by the cache's mu; precise to a sweep
	reused   bool      // guarded by the cache's mu
}

type cacheCounters struct {
	misses, evicts, expires, oneshots atomic.Uint64
}

func newCache[K comparable, V cached](bound int) (*cache[K, V], error) {
	// The order is never full by itself: room is made before a value is added.
	order, err := lru.New[K, *slot[V]](bound + 1)
	if err != nil {
		return nil, err
	}
	c := &cache[K, V]{seed: maphash.MakeSeed(), order: order, bound: bound}
	for i := range c.shards {
		c.shards[i].Store(&map[K]*slot[V]{})
	}
	return c, nil
}

func (c *cache[K, V]) shard(k K) *atomic.Pointer[map[K]*slot[V]] {
	return &c.shards[maphash.Comparable(c.seed, k)%cacheShards]
}

// get returns the value at k, acquired for the caller, who calls done. It
// neither locks nor allocates.
func (c *cache[K, V]) get(k K) (v V, ok bool) {
	if v, ok = c.peek(k); ok {
		v.touch()
	}
	return v, ok
}

// peek is get for who only looks: the value does not count as used.
func (c *cache[K, V]) peek(k K) (v V, ok bool) {
	s, ok := (*c.shard(k).Load())[k]
	if !ok || !s.value.acquire() {
		return v, false
	}
	return s.value, true
}

// getOrMake is get, and where nothing is there it adds what make returns. make
// runs under the cache's lock and so must not wait; what it returns counts one
// user, the cache. ok is false after close.
func (c *cache[K, V]) getOrMake(k K, make func() V) (v V, ok bool) {
	if v, ok := c.get(k); ok {
		return v, true
	}
	var dropped []V
	defer func() {
		for _, d := range dropped {
			d.done()
		}
	}()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return v, false
	}
	if v, ok := c.get(k); ok {
		return v, true
	}
	c.stats.misses.Add(1)
	for c.order.Len() >= c.bound {
		dropped = append(dropped, c.evict())
	}
	s := &slot[V]{value: make(), lastUsed: time.Now()}
	s.value.acquire()
	c.order.Add(k, s)
	c.edit(k, func(m map[K]*slot[V]) { m[k] = s })
	return s.value, true
}

// evict drops the least recently used value that nobody touched lately.
func (c *cache[K, V]) evict() V {
	for range c.order.Len() {
		k, s, _ := c.order.GetOldest()
		if !s.value.untouch() {
			break
		}
		s.reused, s.lastUsed = true, time.Now()
		c.order.Get(k) // a second chance: to the end of the queue
	}
	k, s, _ := c.order.RemoveOldest()
	c.edit(k, func(m map[K]*slot[V]) { delete(m, k) })
	c.stats.evicts.Add(1)
	if !s.reused {
		c.stats.oneshots.Add(1)
	}
	return s.value
}

// edit replaces the shard of k by an edited copy.
func (c *cache[K, V]) edit(k K, change func(map[K]*slot[V])) {
	shard := c.shard(k)
	m := maps.Clone(*shard.Load())
	change(m)
	shard.Store(&m)
}

// sweep drops the values that were not used for the time to live.
func (c *cache[K, V]) sweep(now time.Time, ttl time.Duration) {
	for _, v := range c.expired(now, ttl) {
		v.done()
	}
}

func (c *cache[K, V]) expired(now time.Time, ttl time.Duration) []V {
	c.mu.Lock()
	defer c.mu.Unlock()
	var dropped []V
	for _, k := range c.order.Keys() {
		s, _ := c.order.Peek(k)
		if s.value.untouch() {
			s.reused, s.lastUsed = true, now
			c.order.Get(k)
			continue
		}
		if now.Sub(s.lastUsed) < ttl {
			continue
		}
		c.order.Remove(k)
		c.edit(k, func(m map[K]*slot[V]) { delete(m, k) })
		c.stats.expires.Add(1)
		if !s.reused {
			c.stats.oneshots.Add(1)
		}
		dropped = append(dropped, s.value)
	}
	return dropped
}

// values calls f for each value, acquired during the call.
func (c *cache[K, V]) values(f func(V)) {
	for i := range c.shards {
		for _, s := range *c.shards[i].Load() {
			if s.value.acquire() {
				f(s.value)
				s.value.done()
			}
		}
	}
}

// close drops all values and lets no new one in.
func (c *cache[K, V]) close() {
	c.mu.Lock()
	c.closed = true
	slots := c.order.Values()
	c.order.Purge()
	for i := range c.shards {
		c.shards[i].Store(&map[K]*slot[V]{})
	}
	c.mu.Unlock()
	for _, s := range slots {
		s.value.done()
	}
}

func (c *cache[K, V]) snapshot() CacheStats {
	c.mu.Lock()
	size := c.order.Len()
	c.mu.Unlock()
	return CacheStats{
		Size:     size,
		Misses:   c.stats.misses.Load(),
		Evicts:   c.stats.evicts.Load(),
		Expires:  c.stats.expires.Load(),
		Oneshots: c.stats.oneshots.Load(),
	}
}
