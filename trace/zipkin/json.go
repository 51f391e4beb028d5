package zipkin

import (
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
	if plain(s) {
		return append(append(append(dst, '"'), s...), '"')
	}
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

// plain says whether s is itself between the quotes of a JSON string. It looks
// at eight bytes at a time. A byte's high bit is set in w if it is not ASCII, in
// w less spaces if it is a control character, and in the others if it is the
// one they are named for. Only a byte that is found out borrows from the next.
func plain(s string) bool {
	const low, high = 0x0101010101010101, 0x8080808080808080
	for ; len(s) >= 8; s = s[8:] {
		w := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
			uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
		quote, slash := w^('"'*low), w^('\\'*low)
		if (w|(w-' '*low)|(quote-low)|(slash-low))&high != 0 {
			return false
		}
	}
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return false
		}
	}
	return true
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
