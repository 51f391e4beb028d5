package trace

import (
	"net/http"
	"slices"
)

// values returns the values of a header that may also stand in h under its
// lower-case name, as ctxhdr.LowerNames leaves it.
func values(h http.Header, name string) []string {
	if v := h[name]; len(v) > 0 {
		return v
	}
	var lower [32]byte
	if len(name) > len(lower) {
		return nil
	}
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		lower[i] = c
	}
	return h[string(lower[:len(name)])]
}

// first returns a header's first value.
func first(h http.Header, name string) (string, bool) {
	if v := values(h, name); len(v) > 0 {
		return v[0], true
	}
	return "", false
}

// digits reads an unsigned number of 1 to 16 hexadecimal digits of either
// case.
func digits(s string) (n uint64, ok bool) {
	if s == "" || len(s) > 16 {
		return 0, false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		n = n<<4 | uint64(c)
	}
	return n, true
}

// isLowerHex reports whether s has only digits and the letters a to f.
func isLowerHex(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(c byte) bool {
		return (c < '0' || c > '9') && (c < 'a' || c > 'f')
	})
}
