package ctxhdr

import (
	"fmt"
	"strings"
)

// DecodeErr reads the value of an l5d-err header. An escape that is cut off at
// the end is dropped, because the hop that wrote the value cuts it so; any other broken escape is an
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
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return (c | 0x20) - 'a' + 10, true
	}
	return 0, false
}
