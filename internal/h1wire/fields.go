package h1wire

import (
	"fmt"
	"net/http"

	"github.com/meshhop/meshhop/internal/httpx"
)

// Field is a header line, as offsets from the start of the head.
type Field struct{ Name, NameEnd, Value, ValueEnd int32 }

// Fields are the header lines of a head or of a trailer section.
type Fields []Field

// AddLine parses the header line in[start:end] and adds it, unless there are most already.
// It makes the name canonical in place, which spares a string for each name, and records the
// letters that it changes, unless letters is nil.
func (f *Fields) AddLine(in []byte, start, end, most int, letters *Letters) error {
	if len(*f) >= most {
		return fmt.Errorf("head of %w: more than %d header lines", ErrTooLarge, len(*f))
	}
	i, upper := start, true
	for ; i < end && in[i] != ':'; i++ {
		b := in[i]
		if byteClass[b]&Token == 0 {
			if i == start && IsBlank(b) {
				return Malformed("header line is folded: %q", Excerpt(in[start:end]))
			}
			return Malformed("header name: %q", Excerpt(in[start:end]))
		}
		switch {
		case upper && 'a' <= b && b <= 'z':
			in[i] = b - ('a' - 'A')
			letters.flip(i - start)
		case !upper && 'A' <= b && b <= 'Z':
			in[i] = b + ('a' - 'A')
			letters.flip(i - start)
		}
		upper = b == '-'
	}
	if i == start || i == end {
		return Malformed("header line: %q", Excerpt(in[start:end]))
	}
	value, valueEnd := i+1, end
	for value < valueEnd && IsBlank(in[value]) {
		value++
	}
	for value < valueEnd && IsBlank(in[valueEnd-1]) {
		valueEnd--
	}
	if !ValidValue(in[value:valueEnd]) {
		return Malformed("value of header %s has a control character: %q", in[start:i], Excerpt(in[value:valueEnd]))
	}
	letters.next(i - start)
	*f = append(*f, Field{int32(start), int32(i), int32(value), int32(valueEnd)})
	return nil
}

// AddTo adds the fields, whose names and values are in text, to a header. The names and
// values become substrings of text. It leaves out those that omit names. It uses room for
// the slices of values, if that is long enough.
func (f Fields) AddTo(to http.Header, text string, omit Omit, room []string) {
	values := room
	if len(values) < len(f) {
		values = make([]string, len(f))
	}
	for i, at := range f {
		name := text[at.Name:at.NameEnd]
		if omit != OmitNone && omit.omits(name) {
			continue
		}
		values[i] = text[at.Value:at.ValueEnd]
		if earlier, again := to[name]; again {
			to[name] = append(earlier, values[i])
		} else {
			to[name] = values[i : i+1 : i+1]
		}
	}
}

// Omit says which fields of a message become fields of its struct instead of its header.
type Omit uint8

// What is left out. The values can be combined.
const (
	OmitFraming Omit = 1 << iota // of a chunked message: Transfer-Encoding, Trailer, and Content-Length, which the first overrides
	OmitHost                     // of a request
	OmitNone    Omit = 0
)

func (o Omit) omits(name string) bool {
	switch name {
	case "Transfer-Encoding", "Trailer", "Content-Length":
		return o&OmitFraming != 0
	case "Host":
		return o&OmitHost != 0
	}
	return false
}

// FramesMessage reports whether a field must not stand in a trailer section, because it
// decides where the message ends (RFC 9110 section 6.5.1).
func FramesMessage(name string) bool {
	return httpx.EqualFold(name, "transfer-encoding") || httpx.EqualFold(name, "content-length") || httpx.EqualFold(name, "trailer")
}
