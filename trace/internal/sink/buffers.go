package sink

import "sync"

const (
	partBytes = 64 << 10
	minParts  = 16 // the least that fit into the budget
)

// bufferPool hands out parts within the byte budget, and keeps those that come
// back for a while.
type bufferPool struct {
	limit int64
	size  int // of a part
	usual int // bytes of a usual span

	mu   sync.Mutex
	used int64 // bytes of the parts in use
	out  int   // parts of the usual size in use
	peak int   // the most of them since the last trim
	free []*Part
}

// get returns an empty part, or nil if the budget is spent.
func (p *bufferPool) get() *Part {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used+int64(p.size) > p.limit {
		return nil
	}
	p.used += int64(p.size)
	p.out++
	p.peak = max(p.peak, p.out)
	if last := len(p.free) - 1; last >= 0 {
		c := p.free[last]
		p.free[last] = nil
		p.free = p.free[:last]
		return c
	}
	return &Part{Buf: make([]byte, 0, p.size), held: p.size, usual: true}
}

// margin returns how many free bytes a part must have: with fewer it counts as full.
// A usual span is smaller, so that spans seldom outgrow a part.
func (p *bufferPool) margin() int { return min(2*p.usual, p.size/4) }

// getLarge returns a part that holds one large span, or nil if the budget is spent.
func (p *bufferPool) getLarge(text []byte) *Part {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.used+int64(len(text)) > p.limit {
		return nil
	}
	p.used += int64(len(text))
	p.fit()
	return &Part{Buf: append(make([]byte, 0, len(text)), text...), held: len(text)}
}

// charge counts bytes even if they exceed the budget: the compressed form of parts
// that are in it, which is there for a short time. Negative bytes are given back.
func (p *bufferPool) charge(bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used += int64(bytes)
	p.fit()
}

// fit drops free parts that would exceed the budget.
func (p *bufferPool) fit() {
	for n := len(p.free); n > 0 && p.used+int64(n*p.size) > p.limit; n-- {
		p.free[n-1] = nil
		p.free = p.free[:n-1]
	}
}

// put takes a part back.
func (p *bufferPool) put(c *Part) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.used -= int64(c.held)
	if c.usual {
		p.out--
		p.free = append(p.free, &Part{Buf: c.Buf[:0], held: p.size, usual: true})
	}
	p.fit()
}

// trim drops the free parts that were not needed since the last trim.
func (p *bufferPool) trim() {
	p.mu.Lock()
	defer p.mu.Unlock()
	keep := min(len(p.free), p.peak-p.out)
	clear(p.free[keep:])
	p.free = p.free[:keep]
	p.peak = p.out
}

// bytes returns the part of the budget that is in use.
func (p *bufferPool) bytes() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return uint64(max(0, p.used))
}
