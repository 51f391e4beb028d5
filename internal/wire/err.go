package wire

import "strings"

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
