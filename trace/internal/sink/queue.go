package sink

import "slices"

// queue holds the parts that wait for a post, the oldest first, and counts those
// that are being posted. The sink's lock guards it.
type queue struct {
	maxBody  int
	overhead int // bytes of a body beside its parts
	uploads  int

	parts      []*Part
	bytes      int    // of parts
	seq        uint64 // the next part's
	now        uint64 // parts before this one are posted without waiting for more
	incomplete int    // parts that wait or are being posted
	posts      int    // running
	failing    bool   // the last post to end failed, and may be tried again
	closed     bool   // no part comes after this
	waiters    []*waiter
}

// waiter waits for the parts before seq.
type waiter struct {
	seq  uint64
	left int
	done chan struct{}
}

func (q *queue) push(c *Part) {
	c.seq = q.seq
	q.seq++
	q.incomplete++
	q.parts = append(q.parts, c)
	q.bytes += len(c.Buf)
}

// promptBody is enough for a post while none is running. It is large compared to
// the cost of a post, and small compared to a processor's cache: a larger body has
// to be fetched from memory when it is sent.
const promptBody = 512 << 10

// full reports whether there is enough for a post.
func (q *queue) full() bool {
	enough := q.maxBody
	if q.posts == 0 {
		enough = min(enough, promptBody)
	}
	return q.bytes+q.overhead >= enough
}

// mayPost reports whether another post may begin.
func (q *queue) mayPost() bool {
	return q.posts < q.uploads && (!q.failing || q.posts == 0)
}

// next returns the parts of a post, or nil if none should begin now.
func (q *queue) next() []*Part {
	if len(q.parts) == 0 || !q.mayPost() || !q.full() && q.parts[0].seq >= q.now {
		return nil
	}
	n, size := 1, len(q.parts[0].Buf)
	for n < len(q.parts) && size+len(q.parts[n].Buf)+q.overhead <= q.maxBody {
		size += len(q.parts[n].Buf)
		n++
	}
	batch := slices.Clone(q.parts[:n])
	q.parts = slices.Delete(q.parts, 0, n)
	q.bytes -= size
	q.posts++
	return batch
}

// flush makes all parts due. It returns a channel that is closed when they are
// exported or dropped.
func (q *queue) flush() <-chan struct{} {
	q.now = q.seq
	w := &waiter{seq: q.seq, left: q.incomplete, done: make(chan struct{})}
	if w.left == 0 {
		close(w.done)
	} else {
		q.waiters = append(q.waiters, w)
	}
	return w.done
}

// complete counts parts that are exported or dropped.
func (q *queue) complete(parts []*Part) {
	q.incomplete -= len(parts)
	q.waiters = slices.DeleteFunc(q.waiters, func(w *waiter) bool {
		for _, c := range parts {
			if c.seq < w.seq {
				w.left--
			}
		}
		if w.left == 0 {
			close(w.done)
		}
		return w.left == 0
	})
}
