package wire

import (
	"net/http"
	"strconv"
	"strings"
)

// maxSample bounds l5d-sample: a longer value counts as malformed without being
// read.
const maxSample = 1024

// Sample returns the rate in the first l5d-sample header: the share of
// requests to be traced, from 0 to 1; what lies outside is clamped. The value
// is written as Java writes a float, so "1", ".5", "1e-1", "0x1p-2", "1.0f"
// and "Infinity" count, "inf" and "1_0" do not. Anything else counts as
// absent, and so does NaN.
func Sample(h http.Header) (rate float64, ok bool) {
	s, ok := First(h, SampleName)
	if !ok {
		return 0, false
	}
	rate, ok = parseJavaFloat(s)
	if !ok {
		return 0, false
	}
	return min(max(rate, 0), 1), true
}

// parseJavaFloat reads what the contract of Java's Float.parseFloat allows,
// but for NaN. The number keeps the precision of a float64.
func parseJavaFloat(s string) (float64, bool) {
	if len(s) > maxSample {
		return 0, false
	}
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 {
		return 0, false
	}
	if digits != "Infinity" {
		if s != "" && strings.IndexByte("fFdD", s[len(s)-1]) >= 0 {
			s, digits = s[:len(s)-1], digits[:len(digits)-1]
		}
		if !isDecimalFloat(digits) && !isHexFloat(digits) {
			return 0, false
		}
	}
	// The grammar was checked, so an error can only say that the number is
	// out of range, and then the value is an infinity of the right sign.
	f, _ := strconv.ParseFloat(s, 64)
	return f, true
}

// isDecimalFloat: digits with a point somewhere or nowhere, then an exponent.
func isDecimalFloat(s string) bool {
	s, whole := skip(s, isDigit)
	fraction := 0
	if strings.HasPrefix(s, ".") {
		s, fraction = skip(s[1:], isDigit)
	}
	if whole+fraction == 0 {
		return false
	}
	return s == "" || isExponent(s, 'e')
}

// isHexFloat: the same after 0x, but the exponent, a power of two, is not
// optional.
func isHexFloat(s string) bool {
	if len(s) < 2 || s[0] != '0' || s[1]|0x20 != 'x' {
		return false
	}
	s, whole := skip(s[2:], isHexDigit)
	fraction := 0
	if strings.HasPrefix(s, ".") {
		s, fraction = skip(s[1:], isHexDigit)
	}
	return whole+fraction > 0 && isExponent(s, 'p')
}

func isExponent(s string, letter byte) bool {
	if s == "" || s[0]|0x20 != letter {
		return false
	}
	s = s[1:]
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	s, n := skip(s, isDigit)
	return n > 0 && s == ""
}

// skip cuts the bytes of a class off the front of s and counts them.
func skip(s string, class func(byte) bool) (rest string, n int) {
	for n < len(s) && class(s[n]) {
		n++
	}
	return s[n:], n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isHexDigit(c byte) bool { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
