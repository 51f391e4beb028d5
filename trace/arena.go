package trace

import (
	"encoding/binary"
	"encoding/hex"
	"sync/atomic"
	"unsafe"
)

// arena is memory for strings that live as long as the record that it lies in
// belongs to one span. A string that was returned is not overwritten before.
type arena struct {
	buf  [96]byte
	used int
}

// join returns the parts as one string. It lies in the arena if it fits.
func (a *arena) join(parts ...string) string {
	n := 0
	for _, p := range parts {
		n += len(p)
	}
	if n == 0 {
		return ""
	}
	var b []byte
	if n <= len(a.buf)-a.used {
		b = a.buf[a.used : a.used : a.used+n]
		a.used += n
	} else {
		b = make([]byte, 0, n)
	}
	for _, p := range parts {
		b = append(b, p...)
	}
	return unsafe.String(unsafe.SliceData(b), n)
}

// headerArena is memory for the two headers that a span is sent on with. It is
// used once.
type headerArena struct {
	used atomic.Bool
	buf  [72]byte // 56 for l5d-ctx-trace, 16 for l5d-reqid
}

// write returns the values of l5d-ctx-trace and l5d-reqid, which lie in a, or in
// another arena if a is used already.
func (a *headerArena) write(c Context) (traceID, reqID string) {
	if a.used.Swap(true) {
		a = new(headerArena)
	}
	t := c.L5d()
	b, _ := t.AppendText(a.buf[:0])
	n := len(b)
	var id [8]byte
	binary.BigEndian.PutUint64(id[:], t.Trace)
	b = hex.AppendEncode(b, id[:])
	s := unsafe.String(unsafe.SliceData(b), len(b))
	return s[:n], s[n:]
}
