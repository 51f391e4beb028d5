package zipkin

import (
	"sync"
)

// chunk is a piece of a body: spans as JSON, each with a comma before it, or as
// LogEntry structs of Scribe.
type chunk struct {
	buf   []byte
	spans int
	held  int    // bytes of the budget
	usual bool   // it is of the usual size
	seq   uint64 // its place among all chunks that were queued
}

const (
	chunkBytes = 64 << 10
	minChunks  = 16 // that the budget has room for

	usualSpan  = 1 << 10 // room for a span of a hop
	usualEntry = 2 << 10 // the same by Scribe
)

// room hands out chunks within the budget. Those that come back are kept
// for a while.
type room struct {
	limit int64
	size  int // of a chunk
	usual int // room for a span of a hop

	mu   sync.Mutex
	used int64 // bytes of the chunks that are out
	out  int   // chunks of the usual size that are out
	peak int   // the most of them since the last trim
	free []*chunk
}

// take returns an empty chunk; nil if the budget is spent.
func (r *room) take() *chunk {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.used+int64(r.size) > r.limit {
		return nil
	}
	r.used += int64(r.size)
	r.out++
	r.peak = max(r.peak, r.out)
	if last := len(r.free) - 1; last >= 0 {
		c := r.free[last]
		r.free[last] = nil
		r.free = r.free[:last]
		return c
	}
	return &chunk{buf: make([]byte, 0, r.size), held: r.size, usual: true}
}

// margin is the room below which a chunk is taken for full. It fits what
// spans of a hop take, so that they seldom outgrow a chunk.
func (r *room) margin() int { return min(2*r.usual, r.size/4) }

// hold returns a chunk for one large span; nil if the budget is spent.
func (r *room) hold(text []byte) *chunk {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.used+int64(len(text)) > r.limit {
		return nil
	}
	r.used += int64(len(text))
	r.fit()
	return &chunk{buf: append(make([]byte, 0, len(text)), text...), held: len(text)}
}

// force counts what is there anyway and only for a while: the compressed form
// of chunks that are in the budget.
func (r *room) force(bytes int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used += int64(bytes)
	r.fit()
}

// fit forgets free chunks that the budget has no room for.
func (r *room) fit() {
	for n := len(r.free); n > 0 && r.used+int64(n*r.size) > r.limit; n-- {
		r.free[n-1] = nil
		r.free = r.free[:n-1]
	}
}

// give takes a chunk back.
func (r *room) give(c *chunk) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used -= int64(c.held)
	if c.usual {
		r.out--
		r.free = append(r.free, &chunk{buf: c.buf[:0], held: r.size, usual: true})
	}
	r.fit()
}

// trim forgets the free chunks that were not needed since the last trim.
func (r *room) trim() {
	r.mu.Lock()
	defer r.mu.Unlock()
	keep := min(len(r.free), r.peak-r.out)
	clear(r.free[keep:])
	r.free = r.free[:keep]
	r.peak = r.out
}

// bytes is what the chunks hold that are out.
func (r *room) bytes() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return uint64(max(0, r.used))
}
