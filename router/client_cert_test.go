package router

import (
	"strings"
	"testing"
)

// FuzzCertValue: no value breaks out of the header, or out of its place in it.
func FuzzCertValue(f *testing.F) {
	for _, seed := range []string{"a", "", "a;b", `a"b`, `a\"b`, "a\r\nHost: x", "C=US,CN=a", "\x7f\x00", `\`, `a\\"b`} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	f.Fuzz(func(t *testing.T, text string, quoted bool) {
		value := certValue(text, quoted)
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Errorf("%q becomes %q", text, value)
		}
		inside, isQuoted := value, false
		if strings.HasPrefix(value, `"`) {
			isQuoted = true
			if len(value) < 2 || !strings.HasSuffix(value, `"`) {
				t.Fatalf("%q becomes %q", text, value)
			}
			inside = value[1 : len(value)-1]
		}
		if quoted != isQuoted && quoted {
			t.Errorf("%q becomes %q", text, value)
		}
		escaped := false
		for _, c := range []byte(inside) {
			if c == '"' && !escaped || !isQuoted && strings.IndexByte(`;,="`, c) >= 0 {
				t.Fatalf("%q becomes %q", text, value)
			}
			escaped = c == '\\' && !escaped
		}
		if escaped && isQuoted {
			t.Errorf("%q becomes %q, whose end is escaped", text, value)
		}
	})
}
