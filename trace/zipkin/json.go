package zipkin

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
)

const hexDigits = "0123456789abcdef"

// appendString appends s as a JSON string (RFC 8259 section 7). Each byte that
// is not part of valid UTF-8 becomes U+FFFD.
func appendString(dst []byte, s string) []byte {
	n := len(dst)
	dst = slices.Grow(dst, len(s)+2)
	if to := dst[n : n+len(s)+2]; copyPlain(to[1:], s) {
		to[0], to[len(to)-1] = '"', '"'
		return dst[:n+len(to)]
	}
	return appendEscaped(dst, s)
}

func appendEscaped(dst []byte, s string) []byte {
	dst = append(dst, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
			dst = append(append(dst, s[from:i]...), "\ufffd"...)
		} else {
			dst = appendEscape(append(dst, s[from:i]...), c)
		}
		i++
		from = i
	}
	return append(append(dst, s[from:]...), '"')
}

// copyPlain copies s to dst, which has room for it, unless s needs escapes
// between the quotes of a JSON string: then it is false, and what it has written
// is nothing. It takes eight bytes at a time, the last ones twice if need be.
func copyPlain(dst []byte, s string) bool {
	dst = dst[:len(s)]
	if len(s) < 8 {
		for i := range dst {
			c := s[i]
			if c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
				return false
			}
			dst[i] = c
		}
		return true
	}
	last := len(s) - 8
	for i := 0; ; i = min(i+8, last) {
		w := word(s[i:])
		if special(w) {
			return false
		}
		binary.LittleEndian.PutUint64(dst[i:], w)
		if i == last {
			return true
		}
	}
}

// word is the first eight bytes of s.
func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// special reports whether one of eight bytes is not itself in a JSON string. A
// byte's high bit is set in w if it is not ASCII, in w less spaces if it is a
// control character, and in the others if it is the one they are named for.
// Only a byte that is found out borrows from the next.
func special(w uint64) bool {
	const low, high = 0x0101010101010101, 0x8080808080808080
	quote, slash := w^('"'*low), w^('\\'*low)
	return (w|(w-' '*low)|(quote-low)|(slash-low))&high != 0
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	default:
		return append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
	}
}

// attributesText writes the attributes of an event as the text of a JSON
// object, keys in order.
func attributesText(attrs []attribute.KeyValue) string {
	attrs = slices.Clone(attrs)
	slices.SortStableFunc(attrs, func(a, b attribute.KeyValue) int { return strings.Compare(string(a.Key), string(b.Key)) })
	b := []byte{'{'}
	for i, kv := range attrs {
		if i+1 < len(attrs) && attrs[i+1].Key == kv.Key {
			continue
		}
		b = appendKey(b, 1, string(kv.Key))
		switch v := kv.Value; v.Type() {
		case attribute.BOOL:
			b = strconv.AppendBool(b, v.AsBool())
		case attribute.INT64:
			b = strconv.AppendInt(b, v.AsInt64(), 10)
		case attribute.FLOAT64:
			b = appendFloat(b, v)
		case attribute.EMPTY:
			b = append(b, "null"...)
		case attribute.STRING, attribute.BYTESLICE:
			b = appendString(b, v.String())
		default:
			// The text of a list is JSON already.
			b = append(b, v.String()...)
		}
	}
	return string(append(b, '}'))
}

// appendFloat appends a number, or the name of what is no JSON number.
func appendFloat(b []byte, v attribute.Value) []byte {
	if f := v.AsFloat64(); f-f == 0 {
		return strconv.AppendFloat(b, f, 'g', -1, 64)
	}
	return appendString(b, v.String())
}
