package collector

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is how deep lists and objects of fields that are not known may nest.
const maxDepth = 64

// maxKept is how many bytes of a text are kept while it is read: enough to see that it is
// longer than maxText, and where to cut it.
const maxKept = maxText + utf8.UTFMax

// jsonReader reads JSON (RFC 8259) as a stream. What a call returns is valid until the
// next call.
type jsonReader struct {
	*source
	text []byte // of the string or number that was read last
}

// jsonError says what is not valid JSON, and at which byte.
type jsonError struct {
	at   int64
	text string
}

func (e *jsonError) Error() string { return fmt.Sprintf("not valid JSON at byte %d: %s", e.at, e.text) }

// space skips blanks and returns the byte after them, or 0 at the end. A body with a byte 0
// at this place is not valid JSON either.
func (j *jsonReader) space() byte {
	for j.more() {
		switch c := j.buf[j.r]; c {
		case ' ', '\t', '\r', '\n':
			j.r++
		default:
			return c
		}
	}
	return 0
}

// peek returns the next byte, or 0 at the end.
func (j *jsonReader) peek() byte {
	if j.more() {
		return j.buf[j.r]
	}
	return 0
}

func (j *jsonReader) unexpected(wanted string) error {
	if !j.more() {
		return &jsonError{j.pos(), "it ends where there should be " + wanted}
	}
	return &jsonError{j.pos(), fmt.Sprintf("%q where there should be %s", rune(j.buf[j.r]), wanted)}
}

func (j *jsonReader) expect(c byte, wanted string) error {
	if j.space() != c {
		return j.unexpected(wanted)
	}
	j.r++
	return nil
}

// list reads a list. It calls element for each element, to read it.
func (j *jsonReader) list(element func(i int) error) error {
	if err := j.expect('[', "a list"); err != nil {
		return err
	}
	if j.space() == ']' {
		j.r++
		return nil
	}
	for i := 0; ; i++ {
		if err := element(i); err != nil {
			return err
		}
		switch j.space() {
		case ',':
			j.r++
		case ']':
			j.r++
			return nil
		default:
			return j.unexpected("a comma or ]")
		}
	}
}

// object reads an object. It calls field with each key, to read the value.
func (j *jsonReader) object(field func(key []byte) error) error {
	if err := j.expect('{', "an object"); err != nil {
		return err
	}
	if j.space() == '}' {
		j.r++
		return nil
	}
	for {
		if err := j.key(); err != nil {
			return err
		}
		if err := field(j.text); err != nil {
			return err
		}
		switch j.space() {
		case ',':
			j.r++
		case '}':
			j.r++
			return nil
		default:
			return j.unexpected("a comma or }")
		}
	}
}

// key reads a key and the colon after it.
func (j *jsonReader) key() error {
	if j.space() != '"' {
		return j.unexpected("a key")
	}
	if err := j.string(); err != nil {
		return err
	}
	return j.expect(':', "a colon")
}

// string reads a string into text.
func (j *jsonReader) string() error {
	if err := j.expect('"', "a string"); err != nil {
		return err
	}
	j.text = j.text[:0]
	for j.more() {
		at := j.r
		for at < j.w && j.buf[at] != '"' && j.buf[at] != '\\' && j.buf[at] >= ' ' {
			at++
		}
		j.add(j.buf[j.r:at]...)
		if j.r = at; at == j.w {
			continue
		}
		switch c := j.buf[at]; {
		case c == '"':
			j.r++
			return nil
		case c != '\\':
			return j.unexpected("no control character in a string")
		}
		j.r++
		if err := j.escape(); err != nil {
			return err
		}
	}
	return j.unexpected("the rest of a string")
}

// add appends to text, up to maxKept.
func (j *jsonReader) add(text ...byte) {
	if room := maxKept - len(j.text); len(text) > room {
		text = text[:room]
	}
	j.text = append(j.text, text...)
}

func (j *jsonReader) addRune(r rune) {
	var b [utf8.UTFMax]byte
	if n := utf8.EncodeRune(b[:], r); n <= maxKept-len(j.text) {
		j.text = append(j.text, b[:n]...)
	}
}

// escape reads an escape sequence after its backslash. Half of a surrogate pair becomes
// U+FFFD.
func (j *jsonReader) escape() error {
	c := j.peek()
	switch c {
	case '"', '\\', '/':
		j.add(c)
	case 'b':
		j.add('\b')
	case 'f':
		j.add('\f')
	case 'n':
		j.add('\n')
	case 'r':
		j.add('\r')
	case 't':
		j.add('\t')
	case 'u':
		j.r++
		return j.unicode()
	default:
		return j.unexpected("an escape")
	}
	j.r++
	return nil
}

func (j *jsonReader) unicode() error {
	r, err := j.hex()
	for err == nil && utf16.IsSurrogate(r) && j.peek() == '\\' {
		j.r++
		if j.peek() != 'u' {
			j.addRune(utf8.RuneError)
			return j.escape()
		}
		j.r++
		var second rune
		if second, err = j.hex(); err != nil {
			return err
		}
		pair := utf16.DecodeRune(r, second)
		j.addRune(pair)
		if pair != utf8.RuneError {
			return nil
		}
		r = second
	}
	if err != nil {
		return err
	}
	if utf16.IsSurrogate(r) {
		r = utf8.RuneError
	}
	j.addRune(r)
	return nil
}

func (j *jsonReader) hex() (r rune, err error) {
	for range 4 {
		switch c := j.peek(); {
		case '0' <= c && c <= '9':
			r = r<<4 | rune(c-'0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, j.unexpected("a hexadecimal digit")
		}
		j.r++
	}
	return r, nil
}

// number reads a number into text without converting it.
func (j *jsonReader) number() error {
	j.space()
	j.text = j.text[:0]
	if j.peek() == '-' {
		j.take()
	}
	if j.peek() == '0' {
		j.take()
	} else if err := j.digits(); err != nil {
		return err
	}
	if j.peek() == '.' {
		j.take()
		if err := j.digits(); err != nil {
			return err
		}
	}
	if j.peek()|0x20 == 'e' {
		j.take()
		if c := j.peek(); c == '+' || c == '-' {
			j.take()
		}
		return j.digits()
	}
	return nil
}

func (j *jsonReader) take() {
	j.add(j.buf[j.r])
	j.r++
}

func (j *jsonReader) digits() error {
	if c := j.peek(); c < '0' || c > '9' {
		return j.unexpected("a digit")
	}
	for c := j.peek(); '0' <= c && c <= '9'; c = j.peek() {
		j.take()
	}
	return nil
}

// word reads true, false or null.
func (j *jsonReader) word(word string) error {
	j.space()
	for i := range len(word) {
		if j.peek() != word[i] {
			return j.unexpected("the word " + word)
		}
		j.r++
	}
	return nil
}

// kind returns what the next value is, or "" if there is none.
func (j *jsonReader) kind() string {
	switch c := j.space(); {
	case c == '"':
		return "string"
	case c == '{':
		return "object"
	case c == '[':
		return "list"
	case c == 't' || c == 'f':
		return "boolean"
	case c == 'n':
		return "null"
	case c == '-' || '0' <= c && c <= '9':
		return "number"
	}
	return ""
}

// scalar reads a value that is neither an object nor a list.
func (j *jsonReader) scalar() error {
	switch c := j.space(); c {
	case '"':
		return j.string()
	case 't':
		return j.word("true")
	case 'f':
		return j.word("false")
	case 'n':
		return j.word("null")
	}
	if j.kind() == "number" {
		return j.number()
	}
	return j.unexpected("a value")
}

// skip reads a value of any kind. It does not recurse, because a stranger chooses how
// deeply the value is nested.
func (j *jsonReader) skip() error {
	var objects uint64 // one bit for each level: whether it is an object
	for depth := 0; ; {
		c := j.space()
		if c == '{' || c == '[' {
			if depth == maxDepth {
				return &jsonError{j.pos(), fmt.Sprintf("lists and objects are nested deeper than %d levels", maxDepth)}
			}
			j.r++
			depth++
			objects <<= 1
			if c == '{' {
				objects |= 1
			}
			if j.space() != c+2 { // } or ]
				if c == '{' {
					if err := j.key(); err != nil {
						return err
					}
				}
				continue
			}
		} else if err := j.scalar(); err != nil {
			return err
		}
		// A value has ended, or the list or object around it.
		for {
			if depth == 0 {
				return nil
			}
			closing, inObject := byte(']'), objects&1 == 1
			if inObject {
				closing = '}'
			}
			c := j.space()
			if c == closing {
				j.r++
				depth--
				objects >>= 1
				continue
			}
			if c != ',' {
				return j.unexpected("a comma or " + string(closing))
			}
			j.r++
			if inObject {
				if err := j.key(); err != nil {
					return err
				}
			}
			break
		}
	}
}
