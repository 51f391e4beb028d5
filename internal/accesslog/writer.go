package accesslog

import "time"

// writer makes lines of what was queued, and writes many at once.
type writer struct {
	*sink
	file   *file
	clocks clocks
	buf    []byte
	held   uint64 // lines in buf
}

// lines writes a batch.
func (w *writer) lines(batch []entry) {
	now := time.Now()
	for i := range batch {
		start := len(w.buf)
		w.buf = batch[i].append(w.buf, &w.clocks, w.zone)
		if w.due(now, start, len(w.buf)-start) {
			line := w.buf[start:]
			w.buf = w.buf[:start]
			w.flush()
			w.roll(now)
			w.buf = append(w.buf, line...) // which lies further behind in the same memory
		}
		if w.held++; len(w.buf) >= maxWrite {
			w.flush()
		}
	}
	w.flush()
}

func (w *writer) flush() {
	if w.held == 0 {
		return
	}
	if err := w.write(w.buf); err != nil {
		w.file.unwritten(w.held, err)
	} else {
		w.file.written.Add(w.held)
	}
	w.held = 0
	if w.buf = w.buf[:0]; cap(w.buf) > 4*maxWrite {
		w.buf = nil // a line can be long
	}
}
