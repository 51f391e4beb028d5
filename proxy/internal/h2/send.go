package h2

import (
	"os"

	"github.com/meshhop/meshhop/internal/h2wire"
)

// send sends what is held, and p, and what ends the response if end is true. It waits until
// all was handed to the writer, as the windows of the peer allow.
func (w *response) send(p []byte, end bool) error {
	st, c := w.st, w.st.c
	var held []byte
	if w.scratch != nil {
		held = w.held
		w.held = held[:0]
	}
	trailers := end && w.hasTrailers()
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := st.waitForRoom(); err != nil {
		return err
	}
	size := len(held) + len(p)
	if w.toHead {
		held, p, size = nil, nil, 0
	}
	if !st.headed {
		first := held
		if len(first) == 0 {
			first = p
		}
		last := end && size == 0 && !trailers
		w.appendHead(first, end, last)
		st.ended = last
	}
	if err := st.transmit(held, end && len(p) == 0 && !trailers); err != nil {
		return err
	}
	if err := st.transmit(p, end && !trailers); err != nil {
		return err
	}
	switch {
	case trailers:
		w.appendTrailers()
	case end && !st.ended:
		c.room()
		c.out = h2wire.AppendData(c.out, st.id, true, nil)
		st.ended = true
	}
	if end {
		return nil // done has the rest written
	}
	if w.scratch != nil {
		w.release()
	}
	c.startWriter()
	return nil
}

// waitForRoom waits until what is gathered is not too much, with conn.mu held.
func (st *stream) waitForRoom() error {
	c := st.c
	for len(c.out) >= outLimit && st.gone == nil && !st.expired {
		st.waits = true
		c.waiting++
		c.startWriter()
		st.wake.Wait()
		c.waiting--
		st.waits = false
	}
	return st.failed()
}

// failed returns why nothing more can be sent.
func (st *stream) failed() error {
	switch {
	case st.gone != nil:
		return st.gone
	case st.expired:
		return os.ErrDeadlineExceeded
	}
	return nil
}

// transmit sends data: at once if the windows allow and no other stream waits, or else by the
// writer, in turn with the other streams. end ends the stream with it. conn.mu is held.
func (st *stream) transmit(data []byte, end bool) error {
	if len(data) == 0 {
		return st.failed()
	}
	c := st.c
	st.pending, st.pendingEnd = data, end
	for c.queue.first == nil && len(st.pending) > 0 && len(c.out) < outLimit && st.window > 0 && c.window > 0 {
		c.sendSome(st)
	}
	if len(st.pending) == 0 {
		st.pending = nil
		return nil
	}
	c.offer(st)
	c.startWriter()
	for st.pending != nil && st.gone == nil && !st.expired {
		st.wake.Wait()
	}
	if st.pending == nil && st.gone == nil {
		return nil
	}
	st.pending = nil
	c.queue.remove(st)
	return st.failed()
}
