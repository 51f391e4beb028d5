package accesslog

// isPlain reports whether a byte stands between quotation marks as it is.
func isPlain(c byte) bool { return ' ' <= c && c < 0x7f && c != '"' && c != '\\' }

// plainPrefix is how many bytes at the beginning of a text are plain, of which most texts
// have no others. It looks at eight of them at once.
func plainPrefix(text string) (n int) {
	for n+8 <= len(text) && allPlain(eight(text[n:n+8])) {
		n += 8
	}
	for n < len(text) && isPlain(text[n]) {
		n++
	}
	return n
}

// eight are the eight bytes of a text. The compiler makes one load of it.
func eight(t string) uint64 {
	_ = t[7]
	return uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
		uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
}

// allPlain reports whether eight bytes are plain. What it finds in each is its highest bit;
// a carry comes only from a byte that is not plain itself.
func allPlain(x uint64) bool {
	const each = 0x0101010101010101
	quote, backslash := x^'"'*each, x^'\\'*each
	odd := x | (x + each) | // 0x80 and above, 0x7f
		(x-' '*each)&^x | (quote-each)&^quote | (backslash-each)&^backslash
	return odd&(0x80*each) == 0
}
