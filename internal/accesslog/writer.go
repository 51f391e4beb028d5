package accesslog

import (
	"bytes"
	"time"
)

// writer writes what was queued, and rolls the file between two lines.
type writer struct {
	sink *sink
	file *file
}

// write writes so many lines, in as few writes as there can be.
func (w writer) write(batch []byte, lines int) {
	now := time.Now()
	if lines > 0 && w.sink.overdue(now) {
		w.sink.roll(now)
	}
	for lines > 0 {
		part, n := w.next(now, batch), lines
		if len(part) < len(batch) {
			n = bytes.Count(part, []byte{'\n'})
		}
		if err := w.sink.write(part); err != nil {
			w.file.unwritten(uint64(n), err)
		} else {
			w.file.written.Add(uint64(n))
		}
		batch, lines = batch[len(part):], lines-n
	}
}

// next is what of a batch is written next, after the file was rolled if it has no room for
// the first line.
func (w writer) next(now time.Time, batch []byte) []byte {
	part := wholeLines(batch, min(w.sink.room(), maxWrite))
	if len(part) > 0 {
		return part
	}
	first := batch[:bytes.IndexByte(batch, '\n')+1]
	if w.sink.room() < len(first) && w.sink.size > 0 {
		w.sink.roll(now)
		part = wholeLines(batch, min(w.sink.room(), maxWrite))
	}
	if len(part) > 0 {
		return part
	}
	return first // which is longer than any bound
}

// wholeLines are those at the beginning of a batch that have no more bytes than this.
func wholeLines(batch []byte, most int) []byte {
	if len(batch) <= most {
		return batch
	}
	return batch[:bytes.LastIndexByte(batch[:most], '\n')+1]
}
