package resolve

import "strings"

// showable says whether c may stand for itself in a label (Path.scala).
func showable(c byte) bool {
	switch {
	case '0' <= c && c <= '9', 'A' <= c && c <= 'Z', 'a' <= c && c <= 'z':
		return true
	}
	switch c {
	case '_', ':', '.', '#', '$', '%', '-':
		return true
	}
	return false
}

// showLabel gives the canonical text of a label: as it is, or with every byte
// as \xNN when one of them is not showable.
func showLabel(raw string) string {
	for i := range len(raw) {
		if !showable(raw[i]) {
			return escapeLabel(raw)
		}
	}
	return raw
}

func escapeLabel(raw string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	b.Grow(4 * len(raw))
	for i := range len(raw) {
		b.WriteString(`\x`)
		b.WriteByte(digits[raw[i]>>4])
		b.WriteByte(digits[raw[i]&15])
	}
	return b.String()
}

// rawLabel undoes showLabel. Its argument is canonical: the first byte tells
// whether all bytes are escaped.
func rawLabel(shown string) string {
	if shown[0] != '\\' {
		return shown
	}
	b := make([]byte, 0, len(shown)/4)
	for i := 0; i+3 < len(shown); i += 4 {
		hi, _ := hexDigit(shown[i+2])
		lo, _ := hexDigit(shown[i+3])
		b = append(b, hi<<4|lo)
	}
	return string(b)
}

func hexDigit(c byte) (value byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
