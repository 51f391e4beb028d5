package ctxhdr

import (
	"fmt"
	"strings"
)

// defaultErrBytes is Linkerd's default limit for headers (maxHeadersKB).
const defaultErrBytes = 8 << 10

const upperHex = "0123456789ABCDEF"

// EncodeErr returns the value of an l5d-err header for msg: form encoding of
// ISO-8859-1, where a space is "+" and a character that ISO-8859-1 lacks is
// "%3F". It is cut after maxBytes bytes, if need be inside an escape, as
// Linkerd does; maxBytes <= 0 means 8 KiB.
func EncodeErr(msg string, maxBytes int) string {
	if maxBytes <= 0 {
		maxBytes = defaultErrBytes
	}
	var b strings.Builder
	b.Grow(min(len(msg)+len(msg)/2, maxBytes) + 2)
	for _, r := range msg {
		if b.Len() >= maxBytes {
			break
		}
		if r > 0xff {
			r = '?'
		}
		switch c := byte(r); {
		case isPlain(c):
			b.WriteByte(c)
		case c == ' ':
			b.WriteByte('+')
		default:
			b.WriteByte('%')
			b.WriteByte(upperHex[c>>4])
			b.WriteByte(upperHex[c&0xf])
		}
	}
	s := b.String()
	return s[:min(len(s), maxBytes)]
}

// isPlain reports whether form encoding leaves c alone.
func isPlain(c byte) bool {
	return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' || strings.IndexByte("-_.*", c) >= 0
}

// DecodeErr reads the value of an l5d-err header. An escape that is cut off at
// the end is dropped, for EncodeErr cuts so; any other broken escape is an
// error.
func DecodeErr(value string) (string, error) {
	var b strings.Builder
	b.Grow(len(value))
	for i := 0; i < len(value); i++ {
		switch c := value[i]; c {
		case '+':
			b.WriteByte(' ')
		case '%':
			high, ok := hexAt(value, i+1)
			low, ok2 := hexAt(value, i+2)
			if !ok || !ok2 {
				return "", fmt.Errorf("l5d-err: broken escape %q at byte %d", value[i:min(i+3, len(value))], i)
			}
			if i+2 >= len(value) {
				return b.String(), nil
			}
			b.WriteRune(rune(high<<4 | low))
			i += 2
		default:
			b.WriteRune(rune(c))
		}
	}
	return b.String(), nil
}

// hexAt returns the value of the digit at i. Past the end it is a zero.
func hexAt(s string, i int) (digit byte, ok bool) {
	if i >= len(s) {
		return 0, true
	}
	switch c := s[i]; {
	case isDigit(c):
		return c - '0', true
	case isHexDigit(c):
		return (c | 0x20) - 'a' + 10, true
	}
	return 0, false
}
