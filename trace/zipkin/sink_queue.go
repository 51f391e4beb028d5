package zipkin

import "slices"

// queue holds the chunks that wait for a post, the oldest first, and knows
// which are under way. The sink's lock guards it.
type queue struct {
	maxBody int
	uploads int

	chunks    []*chunk
	bytes     int    // of chunks
	seq       uint64 // the next chunk's
	now       uint64 // chunks before this one go without waiting for company
	unsettled int    // chunks that wait or are under way
	posts     int    // under way
	failing   bool   // the last post to end failed, and may be tried again
	closed    bool   // no chunk comes after this
	waiters   []*waiter
}

// waiter waits for the chunks before seq.
type waiter struct {
	seq     uint64
	left    int
	settled chan struct{}
}

func (q *queue) push(c *chunk) {
	c.seq = q.seq
	q.seq++
	q.unsettled++
	q.chunks = append(q.chunks, c)
	q.bytes += len(c.buf)
}

// promptBody is enough for a post while none is under way. It is large next to
// what a post costs, and small next to a processor's cache: what waits longer
// has to be fetched from memory when it is sent.
const promptBody = 512 << 10

// full says whether there is enough for a post.
func (q *queue) full() bool {
	enough := q.maxBody
	if q.posts == 0 {
		enough = min(enough, promptBody)
	}
	return q.bytes+1 >= enough
}

// mayPost says whether another post may begin.
func (q *queue) mayPost() bool {
	return q.posts < q.uploads && (!q.failing || q.posts == 0)
}

// next takes the chunks of a post; nil if none should begin now.
func (q *queue) next() []*chunk {
	if len(q.chunks) == 0 || !q.mayPost() || !q.full() && q.chunks[0].seq >= q.now {
		return nil
	}
	n, size := 1, len(q.chunks[0].buf)
	for n < len(q.chunks) && size+len(q.chunks[n].buf)+1 <= q.maxBody {
		size += len(q.chunks[n].buf)
		n++
	}
	batch := slices.Clone(q.chunks[:n])
	q.chunks = slices.Delete(q.chunks, 0, n)
	q.bytes -= size
	q.posts++
	return batch
}

// flush lets everything go now. It returns what is closed when all of it is
// settled.
func (q *queue) flush() <-chan struct{} {
	q.now = q.seq
	w := &waiter{seq: q.seq, left: q.unsettled, settled: make(chan struct{})}
	if w.left == 0 {
		close(w.settled)
	} else {
		q.waiters = append(q.waiters, w)
	}
	return w.settled
}

// settle is told of chunks that are exported or dropped.
func (q *queue) settle(chunks []*chunk) {
	q.unsettled -= len(chunks)
	q.waiters = slices.DeleteFunc(q.waiters, func(w *waiter) bool {
		for _, c := range chunks {
			if c.seq < w.seq {
				w.left--
			}
		}
		if w.left == 0 {
			close(w.settled)
		}
		return w.left == 0
	})
}
