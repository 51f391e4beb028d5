package collector

import (
	"hash/maphash"
	"slices"
	"strings"
	"unicode/utf8"
)

// draft is the span that a decoder is reading, within the bounds on one span. Whatever
// exceeds them is read and left out. All spans of a body use one draft, so that the cost
// of a span does not depend on how often its fields are repeated.
type draft struct {
	keep        bool // copy texts; otherwise the body is only checked
	s           span
	local       endpoint
	remote      endpoint
	annotations []annotation
	tags        []tag
	room        int // how many more bytes of tags and annotations the span may have
}

func (d *draft) reset() {
	d.s = span{}
	d.local, d.remote = endpoint{}, endpoint{}
	clear(d.annotations)
	clear(d.tags)
	d.annotations, d.tags = d.annotations[:0], d.tags[:0]
	d.room = maxSpanText
}

// text copies what a decoder has read of a text, which may be more than maxText; see
// bound.
func (d *draft) text(b []byte) string {
	switch {
	case !d.keep || len(b) == 0:
		return ""
	case !utf8.Valid(b):
		return strings.ToValidUTF8(string(b), "\ufffd")
	}
	return string(b)
}

func (d *draft) addAnnotation(timestamp int64, value string) {
	if !d.keep {
		return
	}
	a := annotation{timestamp, value}
	n := len(d.annotations)
	switch {
	case n > 0 && d.annotations[n-1] == a:
	case n == maxAnnotations || len(value) > d.room:
		d.s.cut = true
	default:
		d.annotations = append(d.annotations, a)
		d.room -= len(value)
	}
}

func (d *draft) addTag(key, value string) {
	if !d.keep {
		return
	}
	n := len(d.tags)
	switch {
	case n > 0 && d.tags[n-1].key == key:
		d.tags[n-1].value = value
	case n == maxTags || len(key)+len(value) > d.room:
		d.s.cut = true
	default:
		d.tags = append(d.tags, tag{key, value})
		d.room -= len(key) + len(value)
	}
}

// span returns the span in the form in which it is stored. It shares no memory with the
// draft.
func (d *draft) span(seed maphash.Seed) *span {
	s := d.s
	if d.local != (endpoint{}) {
		e := d.local
		s.local = &e
	}
	if d.remote != (endpoint{}) {
		e := d.remote
		s.remote = &e
	}
	s.annotations, s.tags = d.annotations, d.tags
	s.finish(seed)
	s.annotations, s.tags = slices.Clone(s.annotations), slices.Clone(s.tags)
	return &s
}
