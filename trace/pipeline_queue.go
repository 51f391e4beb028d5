package trace

import "sync/atomic"

// queue is a lock-free list that many goroutines push to and one empties. The
// caller enforces its bound.
type queue struct {
	newest atomic.Pointer[entry]
	length atomic.Int64
}

type entry struct {
	record *Record
	older  *entry
}

// push returns how many entries are waiting.
func (q *queue) push(r *Record) int64 {
	e := &entry{record: r}
	for {
		e.older = q.newest.Load()
		if q.newest.CompareAndSwap(e.older, e) {
			return q.length.Add(1)
		}
	}
}

// takeAll empties the queue into dst, the oldest record first.
func (q *queue) takeAll(dst []*Record) []*Record {
	from := len(dst)
	for e := q.newest.Swap(nil); e != nil; e = e.older {
		dst = append(dst, e.record)
	}
	taken := dst[from:]
	q.length.Add(-int64(len(taken)))
	for i, j := 0, len(taken)-1; i < j; i, j = i+1, j-1 {
		taken[i], taken[j] = taken[j], taken[i]
	}
	return dst
}
