package h1_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestEveryByte puts each byte into each place of a request, and tells which are accepted:
// by the server, and by http.ReadRequest if that accepts others.
func TestEveryByte(t *testing.T) {
	const (
		token  = `!#-'*+\-.0-9A-Z^-z|~`
		name   = `!#-'*+\-.0-:A-Z^-z|~` // or its end
		later  = "net/http's server refuses it after http.ReadRequest"
		value  = `\x09 -~\x80-\xff`
		padded = "\\x09 "
	)
	for _, row := range []struct {
		place, before, after string
		want, theirs         string // theirs is empty if it is the same
		why                  string
	}{
		{"in the method", "G", "T / HTTP/1.1\r\nHost: web\r\n\r\n", token, "", ""},
		{"before the method", "", "GET / HTTP/1.1\r\nHost: web\r\n\r\n", token, "", ""},
		{"after the method", "GET", "/ HTTP/1.1\r\nHost: web\r\n\r\n", " ", "", ""},
		{"in the path", "GET /a", "b HTTP/1.1\r\nHost: web\r\n\r\n", `!-$&-~\x80-\xff`, "", ""},
		{"in the query", "GET /?a", "b HTTP/1.1\r\nHost: web\r\n\r\n", `!-~\x80-\xff`, "", ""},
		{"before the version", "GET /", "HTTP/1.1\r\nHost: web\r\n\r\n", " ", "", ""},
		{"in the version", "GET / HTTP/1", "1\r\nHost: web\r\n\r\n", ".", "", ""},
		{"after the version", "GET / HTTP/1.1", "\r\nHost: web\r\n\r\n", "", `\x0a`, lf},
		{"for the CR of the request line", "GET / HTTP/1.1", "\nHost: web\r\n\r\n", `\x0d`, `\x0a\x0d`, lf},
		{"for the LF of the request line", "GET / HTTP/1.1\r", "Host: web\r\n\r\n", `\x0a`, "", ""},
		{"in a name", "GET / HTTP/1.1\r\nHost: web\r\nA", "B: 1\r\n\r\n", name, " " + name, later},
		{"before a name", "GET / HTTP/1.1\r\nHost: web\r\n", "B: 1\r\n\r\n", token, `\x09\x0a ` + token, "folded lines, and lines that end in LF alone"},
		{"after a name", "GET / HTTP/1.1\r\nHost: web\r\nA", ": 1\r\n\r\n", name, " " + name, later},
		{"before a value", "GET / HTTP/1.1\r\nHost: web\r\nA:", "1\r\n\r\n", value, "", ""},
		{"in a value", "GET / HTTP/1.1\r\nHost: web\r\nA: 1", "2\r\n\r\n", value, "", ""},
		{"in the host", "GET / HTTP/1.1\r\nHost: web", "x\r\n\r\n", `!$-.0-;=A-[\]_a-z~`, value, later},
		{"before the length", "POST / HTTP/1.1\r\nHost: web\r\nContent-Length:", "3\r\n\r\nabc", padded + "0-9", "", ""},
		{"after the length", "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 3", "\r\n\r\nabc", padded + "0-9", `\x09\x0a 0-9`, lf},
		{"in the coding", "POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: ", "chunked\r\n\r\n0\r\n\r\n", padded, "", ""},
		{"after the coding", "POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked", "\r\n\r\n0\r\n\r\n", padded, `\x09\x0a `, lf},
		{"in the coding's name", "POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding", ": chunked\r\n\r\n0\r\n\r\n", token, " " + token, later},
	} {
		var ours, theirs []byte
		for c := range 256 {
			a, b := wantSameReading(t, []byte(row.before+string([]byte{byte(c)})+row.after))
			if a > 0 {
				ours = append(ours, byte(c))
			}
			if b > 0 {
				theirs = append(theirs, byte(c))
			}
		}
		if got := ranges(ours); got != row.want {
			t.Errorf("%s: %s is accepted, want %s", row.place, got, row.want)
		}
		want := row.theirs
		if (want == "") != (row.why == "") {
			t.Errorf("%s: why does http.ReadRequest differ?", row.place)
		}
		if want == "" {
			want = row.want
		}
		if got := ranges(theirs); got != want {
			t.Errorf("%s: http.ReadRequest accepts %s, want %s", row.place, got, want)
		}
	}
}

// ranges shows a set of bytes as in a regular expression.
func ranges(set []byte) string {
	var b strings.Builder
	show := func(c byte) {
		switch {
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\x%02x`, c)
		case c == '-' || c == ']' || c == '\\':
			b.WriteByte('\\')
			fallthrough
		default:
			b.WriteByte(c)
		}
	}
	for i := 0; i < len(set); {
		end := i
		for end+1 < len(set) && set[end+1] == set[end]+1 {
			end++
		}
		show(set[i])
		if end-i > 1 {
			b.WriteByte('-')
		}
		if end > i {
			show(set[end])
		}
		i = end + 1
	}
	return b.String()
}
