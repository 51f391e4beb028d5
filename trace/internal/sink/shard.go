package sink

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/meshhop/meshhop/trace"
	"github.com/meshhop/meshhop/trace/internal/drops"
)

// shard is one of the buffers that spans are written to. There are several, so
// that goroutines that end spans seldom contend.
type shard struct {
	mu       sync.Mutex
	current  *Part // nil: none yet
	closed   bool
	received atomic.Uint64 // written under mu
	_        [64]byte      // keeps neighbours out of one cache line
}

const maxShards = 16

// shardsOf returns how many shards there are: one for each processor, if their
// buffers fit into the budget.
func shardsOf(processors, budget int) int {
	return max(1, min(processors, maxShards, budget/(minParts*partBytes)))
}

// lock locks a shard and returns it: a free one, if there is any.
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

// Add writes the span into a buffer. If the budget is spent, or after Close, the
// span is dropped and counted.
func (s *Sink) Add(r *trace.Record) {
	sh := s.lock()
	defer sh.mu.Unlock()
	if sh.closed {
		s.dropNew(sh, drops.Shutdown)
		return
	}
	c := sh.current
	if c == nil {
		if c = s.buffers.get(); c == nil {
			s.dropNew(sh, drops.QueueFull)
			return
		}
		sh.current = c
	}
	before := len(c.Buf)
	b := s.cfg.Encode(c.Buf, r)
	if cap(b) != cap(c.Buf) {
		s.addLarge(sh, b[before:])
		return
	}
	c.Buf = b
	s.accept(sh, c)
	if cap(b)-len(b) < s.buffers.margin() {
		sh.current = nil
		s.enqueue(c)
	}
}

// addLarge adds a span that does not fit into the current part.
func (s *Sink) addLarge(sh *shard, text []byte) {
	if len(sh.current.Buf) > 0 {
		s.enqueue(sh.current)
	} else {
		s.buffers.put(sh.current)
	}
	sh.current = nil
	if c := s.buffers.getLarge(text); c != nil {
		s.accept(sh, c)
		s.enqueue(c)
		return
	}
	s.dropNew(sh, drops.QueueFull)
}

func (s *Sink) accept(sh *shard, c *Part) {
	c.Spans++
	sh.received.Store(sh.received.Load() + 1)
}

// dropNew counts a span as received before it counts it as dropped, as Stats
// requires.
func (s *Sink) dropNew(sh *shard, why string) {
	sh.received.Store(sh.received.Load() + 1)
	s.count.dropped.Add(why, 1)
}

// sealAll queues the parts of all shards. If last, it closes the shards.
func (s *Sink) sealAll(last bool) {
	for i := range s.shards {
		sh := &s.shards[i]
		sh.mu.Lock()
		if c := sh.current; c != nil {
			sh.current = nil
			if c.Spans > 0 {
				s.enqueue(c)
			} else {
				s.buffers.put(c)
			}
		}
		sh.closed = sh.closed || last
		sh.mu.Unlock()
	}
}

// enqueue queues a part that is complete.
func (s *Sink) enqueue(c *Part) {
	s.mu.Lock()
	s.queue.push(c)
	full := s.queue.full()
	s.mu.Unlock()
	if full {
		s.wakeUp()
	}
}
