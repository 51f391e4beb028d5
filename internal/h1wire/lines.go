package h1wire

import (
	"net/http"
	"slices"
)

// Lines is how the fields of a head stood on the wire: the order of their lines, and the
// case of the letters of their names, both of which a header map lacks. It goes with the map
// to the writer, which writes the fields that are still in the map as they came; see
// [Order]. The zero value, and nil, know nothing.
//
// What was kept is immutable. It has memory of its own, so that it outlives the connection's
// buffers; the lines of a usual head cost no allocation.
type Lines struct {
	text    string // of the head, with names in canonical form
	fields  Fields // of text
	letters Letters
	room    [usualLines]Field
	bits    [usualLetters]uint64
}

const (
	usualLines   = 12
	usualLetters = 3 // words: 192 bytes of names
)

// Keep makes l the lines of a head, whose fields are in text.
func (l *Lines) Keep(text string, fields Fields, letters *Letters) {
	l.text = text
	l.fields = append(l.room[:0], fields...)
	l.letters.set = append(l.bits[:0], letters.set...)
}

func (l *Lines) name(i int) string  { return l.text[l.fields[i].Name:l.fields[i].NameEnd] }
func (l *Lines) value(i int) string { return l.text[l.fields[i].Value:l.fields[i].ValueEnd] }

// Respell renames the keys of a header as their names stood on the wire, for a writer that
// writes keys as they are, such as net/http's. A key stays if any of its values is not
// from the lines, if its lines differ in spelling, whose order such a writer would not keep,
// and if the writer looks for it. The function that is returned takes that back.
func (l *Lines) Respell(h http.Header) (undo func()) {
	if l == nil || len(l.fields) == 0 || len(l.letters.set) == 0 {
		return func() {}
	}
	type renamed struct {
		name, spelled string
		values        []string
	}
	var all []renamed
	o := l.Order()
	for name, values := range h {
		if readByWriters(name) || o.Claim(name, values) < len(values) {
			continue
		}
		spelled := o.spelling(name)
		if _, taken := h[spelled]; !taken {
			all = append(all, renamed{name, spelled, values})
		}
	}
	for _, r := range all {
		delete(h, r.name)
		h[r.spelled] = r.values
	}
	return func() {
		for _, r := range all {
			delete(h, r.spelled)
			h[r.name] = r.values
		}
	}
}

// readByWriters reports whether net/http's server, or its Response.Write, reads this field of
// a response.
func readByWriters(name string) bool {
	return slices.Contains([]string{"Connection", "Content-Encoding", "Content-Length", "Content-Type", "Date", "Trailer", "Transfer-Encoding", "Upgrade"}, name)
}
