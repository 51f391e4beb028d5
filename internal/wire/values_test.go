package wire_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/wire"
)

func TestDtab(t *testing.T) {
	for _, tt := range []struct {
		vector, what string
		in           http.Header
		want         []string
	}{
		{"24", "context before user", http.Header{wire.DtabName: {"/a => /d"}, wire.CtxDtabName: {"/a => /c"}}, []string{"/a => /c", "/a => /d"}},
		{"24", "lower-case keys", http.Header{"l5d-dtab": {"/a => /d"}, "l5d-ctx-dtab": {"/a => /c"}}, []string{"/a => /c", "/a => /d"}},
		{"25", "text is not parsed here", http.Header{wire.DtabName: {"i am not a dtab"}}, []string{"i am not a dtab"}},
		{"27", "dtab-local is not ours", http.Header{"Dtab-Local": {"/a=>/b"}}, nil},
		{"", "several values of each", http.Header{wire.CtxDtabName: {"1", "2"}, wire.DtabName: {"3", ""}}, []string{"1", "2", "3", ""}},
		{"", "none", nil, nil},
	} {
		t.Run(name(tt.vector, tt.what), func(t *testing.T) {
			if diff := cmp.Diff(tt.want, wire.Dtabs(tt.in)); diff != "" {
				t.Errorf("Dtabs (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("the result is the caller's", func(t *testing.T) {
		h := http.Header{wire.CtxDtabName: {"1"}}
		wire.Dtabs(h)[0] = "2"
		if h[wire.CtxDtabName][0] != "1" {
			t.Error("Dtabs handed out the header's own slice")
		}
	})
}

func TestSample(t *testing.T) {
	for _, tt := range []struct {
		vector, in string
		want       float64
		ok         bool
	}{
		{"16", "yes", 0, false},
		{"17", "-3", 0, true},
		{"17", "0", 0, true},
		{"17", "0.2", 0.2, true},
		{"17", "1", 1, true},
		{"17", "1.5", 1, true},
		// What Java reads.
		{"", " \t0.5\r\n ", 0.5, true},
		{"", "1e-1", 0.1, true},
		{"", "1E+0", 1, true},
		{"", ".5", 0.5, true},
		{"", "0.", 0, true},
		{"", "+.25e0", 0.25, true},
		{"", "0.5f", 0.5, true},
		{"", "0.5F", 0.5, true},
		{"", "1d", 1, true},
		{"", "1D", 1, true},
		{"", "Infinity", 1, true},
		{"", "+Infinity", 1, true},
		{"", "-Infinity", 0, true},
		{"", "-0", 0, true},
		{"", "1e999999999999", 1, true},
		{"", "1e-999999999999", 0, true},
		{"", "0x1p-1", 0.5, true},
		{"", "0X.8P0", 0.5, true},
		{"", "0x1.p-2d", 0.25, true},
		{"", "-0x1p-2", 0, true},
		// What Java does not read, though Go does.
		{"", "inf", 0, false},
		{"", "infinity", 0, false},
		{"", "INFINITY", 0, false},
		{"", "+Inf", 0, false},
		{"", "nan", 0, false},
		{"", "0x_1p-2", 0, false},
		{"", "1_0", 0, false},
		// What nobody reads.
		{"", "NaN", 0, false},
		{"", "-NaN", 0, false},
		{"", "", 0, false},
		{"", " ", 0, false},
		{"", ".", 0, false},
		{"", "+", 0, false},
		{"", "+-1", 0, false},
		{"", "f", 0, false},
		{"", "1ff", 0, false},
		{"", "1 f", 0, false},
		{"", "Infinityf", 0, false},
		{"", "1e", 0, false},
		{"", "1e+", 0, false},
		{"", "e1", 0, false},
		{"", "1.2.3", 0, false},
		{"", "1p2", 0, false},
		{"", "0x1", 0, false},
		{"", "0x1f", 0, false},
		{"", "0xp1", 0, false},
		{"", "0x.p1", 0, false},
		{"", "0x1pf", 0, false},
		{"", "50%", 0, false},
		{"", "0,5", 0, false},
		{"", "\u00a01", 0, false},
		{"", "\x851", 0, false},
		{"", "0." + strings.Repeat("1", 1<<20), 0, false},
	} {
		t.Run(name(tt.vector, tt.in[:min(len(tt.in), 40)]), func(t *testing.T) {
			for _, key := range []string{wire.SampleName, "l5d-sample"} {
				got, ok := wire.Sample(http.Header{key: {tt.in, "0.75"}})
				if got != tt.want || ok != tt.ok {
					t.Errorf("Sample under key %s = %v, %v, want %v, %v", key, got, ok, tt.want, tt.ok)
				}
			}
		})
	}
	t.Run("vector 16: absent", func(t *testing.T) {
		if got, ok := wire.Sample(nil); ok {
			t.Errorf("Sample = %v", got)
		}
	})
}

func TestEncodeErr(t *testing.T) {
	for _, tt := range []struct {
		vector, what, in string
		max              int
		want             string
	}{
		{"98", "newline", "foo\nbar", 0, "foo%0Abar"},
		{"98", "parse message", "'/' expected but 'i' found at '[i] am not a dtab'", 0,
			"%27%2F%27+expected+but+%27i%27+found+at+%27%5Bi%5D+am+not+a+dtab%27"},
		{"", "what form encoding leaves alone", "azAZ09-_.*", 0, "azAZ09-_.*"},
		{"", "what it does not", "~+%\x00\x7f", 0, "%7E%2B%25%00%7F"},
		{"", "in ISO-8859-1", "é\u00a0ÿ", 0, "%E9%A0%FF"},
		{"", "not in ISO-8859-1", "Ā€😀\xff", 0, "%3F%3F%3F%3F"},
		{"", "cut", "abcdef", 4, "abcd"},
		{"", "cut inside an escape", "ab\ncd", 4, "ab%0"},
		{"", "fits exactly", "ab\n", 5, "ab%0A"},
		{"", "default limit", strings.Repeat("\n", 1<<20), 0, strings.Repeat("%0A", 1<<20)[:8<<10]},
		{"", "empty", "", 0, ""},
	} {
		t.Run(name(tt.vector, tt.what), func(t *testing.T) {
			if got := wire.EncodeErr(tt.in, tt.max); got != tt.want {
				t.Errorf("EncodeErr(%.80q, %d) = %.80q, want %.80q", tt.in, tt.max, got, tt.want)
			}
		})
	}
}

// name is the name of a subtest.
func name(vector, what string) string {
	if vector == "" {
		return what
	}
	return "vector " + vector + ": " + what
}
