package trace

import (
	"encoding/binary"
	"encoding/hex"
	"sync/atomic"
	"unsafe"
)

// text is room for strings that live as long as the draft that it lies in is one
// span's. What has been returned is not written again until then.
type text struct {
	room [96]byte
	used int
}

// join returns the parts as one string, in the room if there is enough left.
func (t *text) join(parts ...string) string {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if n == 0 {
		return ""
	}
	var b []byte
	if n <= len(t.room)-t.used {
		b = t.room[t.used : t.used : t.used+n]
		t.used += n
	} else {
		b = make([]byte, 0, n)
	}
	for _, p := range parts {
		b = append(b, p...)
	}
	return unsafe.String(unsafe.SliceData(b), n)
}

// lines is room for the two headers that a span is sent on with, once.
type lines struct {
	used atomic.Bool
	room [72]byte // 56 for l5d-ctx-trace, 16 for l5d-reqid
}

// write returns the values of l5d-ctx-trace and l5d-reqid, which lie in l, or in
// other lines if l is taken.
func (l *lines) write(c Context) (traceID, reqID string) {
	if l.used.Swap(true) {
		l = new(lines)
	}
	t := c.L5d()
	b, _ := t.AppendText(l.room[:0])
	n := len(b)
	var id [8]byte
	binary.BigEndian.PutUint64(id[:], t.Trace)
	b = hex.AppendEncode(b, id[:])
	s := unsafe.String(unsafe.SliceData(b), len(b))
	return s[:n], s[n:]
}
