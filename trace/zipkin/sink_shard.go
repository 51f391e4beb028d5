package zipkin

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/meshhop/meshhop/trace"
)

// shard is one of the buffers that spans are written to. There are a few, so
// that the goroutines that end spans seldom meet.
type shard struct {
	mu       sync.Mutex
	current  *chunk // nil: none yet
	closed   bool
	received atomic.Uint64 // written under mu
	_        [64]byte      // keeps neighbours out of one cache line
}

const maxShards = 16

// shardsOf is one shard for each processor, as far as the budget has room for
// their buffers.
func shardsOf(processors, budget int) int {
	return max(1, min(processors, maxShards, budget/(minChunks*chunkBytes)))
}

// lock returns a shard that the caller has locked: one that is free, if it
// finds one.
func (s *Sink) lock() *shard {
	first := 0
	if n := len(s.shards); n > 1 {
		first = rand.IntN(n)
		for i := range n {
			if sh := &s.shards[(first+i)%n]; sh.mu.TryLock() {
				return sh
			}
		}
	}
	sh := &s.shards[first]
	sh.mu.Lock() // as long as it takes to write a span
	return sh
}

// RetainsNothing is true: Add copies what it needs.
func (s *Sink) RetainsNothing() bool { return true }

// Add writes the span into a buffer. If there is no room for it, or after
// Close, it is dropped and counted.
func (s *Sink) Add(r *trace.Record) {
	sh := s.lock()
	defer sh.mu.Unlock()
	if sh.closed {
		s.refuse(sh, trace.Shutdown)
		return
	}
	c := sh.current
	if c == nil {
		if c = s.room.take(); c == nil {
			s.refuse(sh, trace.QueueFull)
			return
		}
		sh.current = c
	}
	before := len(c.buf)
	b := s.encode(c.buf, r)
	if cap(b) != cap(c.buf) {
		s.addLarge(sh, b[before:])
		return
	}
	c.buf = b
	s.accept(sh, c)
	if cap(b)-len(b) < s.room.margin() {
		sh.current = nil
		s.enqueue(c)
	}
}

// addLarge takes a span that has outgrown the current chunk.
func (s *Sink) addLarge(sh *shard, text []byte) {
	if len(sh.current.buf) > 0 {
		s.enqueue(sh.current)
	} else {
		s.room.give(sh.current)
	}
	sh.current = nil
	if c := s.room.hold(text); c != nil {
		s.accept(sh, c)
		s.enqueue(c)
		return
	}
	s.refuse(sh, trace.QueueFull)
}

func (s *Sink) accept(sh *shard, c *chunk) {
	c.spans++
	sh.received.Store(sh.received.Load() + 1)
}

// refuse counts a span as received before it counts it as dropped, as Stats
// expects.
func (s *Sink) refuse(sh *shard, why trace.Reason) {
	sh.received.Store(sh.received.Load() + 1)
	s.count.dropped[why].Add(1)
}

// sealAll passes on what all shards hold, and closes them if last.
func (s *Sink) sealAll(last bool) {
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		if c := sh.current; c != nil {
			sh.current = nil
			if c.spans > 0 {
				s.enqueue(c)
			} else {
				s.room.give(c)
			}
		}
		sh.closed = sh.closed || last
		sh.mu.Unlock()
	}
}

// enqueue passes on a chunk that is not written to any more.
func (s *Sink) enqueue(c *chunk) {
	s.mu.Lock()
	s.queue.push(c)
	full := s.queue.full()
	s.mu.Unlock()
	if full {
		s.poke()
	}
}
