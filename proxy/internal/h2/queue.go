package h2

import "github.com/meshhop/meshhop/internal/h2wire"

// queue has the streams that have data to send and may, in the order in which they come to
// send a frame.
type queue struct{ first, last *stream }

func (q *queue) push(st *stream) {
	st.queued, st.next, st.before = true, nil, q.last
	if q.last == nil {
		q.first = st
	} else {
		q.last.next = st
	}
	q.last = st
}

func (q *queue) pop() *stream {
	st := q.first
	q.remove(st)
	return st
}

// remove takes a stream out, if it is queued.
func (q *queue) remove(st *stream) {
	if !st.queued {
		return
	}
	if st.before == nil {
		q.first = st.next
	} else {
		st.before.next = st.next
	}
	if st.next == nil {
		q.last = st.before
	} else {
		st.next.before = st.before
	}
	st.queued, st.next, st.before = false, nil, nil
}

// fill appends a frame of one stream after the other, until out is full, the window of the
// connection is, or there is no more.
func (w *writer) fill() {
	for len(w.out) < outLimit && w.sendable() {
		st := w.queue.pop()
		w.sendSome(st)
		switch {
		case len(st.pending) == 0:
			st.pending = nil
			st.wake.Signal()
		case st.window > 0:
			w.queue.push(st)
		}
	}
}

// sendSome appends as much of the data of a stream as one frame and the windows allow.
func (w *writer) sendSome(st *stream) {
	n := min(len(st.pending), st.window.Room(), w.window.Room(), w.frame)
	if n == 0 {
		return
	}
	end := st.pendingEnd && n == len(st.pending)
	w.room()
	w.out = h2wire.AppendData(w.out, st.id, end, st.pending[:n])
	st.pending = st.pending[n:]
	st.window.Take(n)
	w.window.Take(n)
	w.c.earn(forData + n/forBytes)
	if end {
		st.ended = true
	}
}

// offer queues a stream that has data to send, if it may and is not queued.
func (w *writer) offer(st *stream) {
	if st.pending != nil && !st.queued && st.window > 0 {
		w.queue.push(st)
	}
}
