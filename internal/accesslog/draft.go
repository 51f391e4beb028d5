package accesslog

import (
	"sync"
	"time"
)

// maxDraft bounds the memory that a draft keeps for the next line.
const maxDraft = 16 << 10

// draft is where a line is made. A request makes its line itself, when its texts are still
// in the processor's cache, and copies no more than that to the queue.
type draft struct {
	line   []byte
	clocks clocks
}

// drafts are those that nobody uses.
type drafts struct{ pool sync.Pool } // of *draft

func (d *drafts) get() *draft {
	if one, ok := d.pool.Get().(*draft); ok {
		return one
	}
	return &draft{line: make([]byte, 0, 1<<10), clocks: newClocks()}
}

func (d *drafts) put(one *draft) {
	if cap(one.line) <= maxDraft {
		d.pool.Put(one)
	}
}

// write makes the line of an entry. It is valid until the draft is put back.
func (d *draft) write(e *entry, zone *time.Location) []byte {
	d.line = e.append(d.line[:0], &d.clocks, zone)
	return d.line
}
