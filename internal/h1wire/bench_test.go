package h1wire_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/h1wire"
)

// BenchmarkLines is the fields of a head from the bytes that came to those that are sent:
// with and without the lines, and if no name has Go's form.
func BenchmarkLines(b *testing.B) {
	canonical := "Host: web.example\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\nAccept-Encoding: identity\r\n" +
		"X-Request-Id: 0123456789abcdef\r\nCookie: session=0123456789\r\nForwarded: for=192.0.2.1\r\nDnt: 1\r\n"
	for _, c := range []struct {
		name, text string
		lines      bool
	}{{"without", canonical, false}, {"canonical", canonical, true}, {"lower case", strings.ToLower(canonical), true}} {
		b.Run(c.name, func(b *testing.B) {
			in, out := make([]byte, len(c.text)+2), make([]byte, 0, 4<<10)
			var fields h1wire.Fields
			var letters h1wire.Letters
			var room [10]string
			header, lines := http.Header{}, new(h1wire.Lines)
			b.ReportAllocs()
			for b.Loop() {
				copy(in, "\r\n"+c.text)
				fields, lines = fields[:0], new(h1wire.Lines)
				recorded := &letters
				if letters.Reset(); !c.lines {
					recorded = nil
				}
				for at := 2; at < len(in); {
					end := at
					for in[end] != '\r' {
						end++
					}
					if err := fields.AddLine(in, at, end, 1000, recorded); err != nil {
						b.Fatal(err)
					}
					at = end + 2
				}
				text := string(in)
				clear(header)
				fields.AddTo(header, text, h1wire.OmitNone, room[:])
				if c.lines {
					lines.Keep(text, fields, &letters)
				}
				order := lines.Order()
				out = out[:0]
				for name, values := range header {
					for _, value := range values[order.Claim(name, values):] {
						// As both writers do.
						if !h1wire.AllOf(name, h1wire.Token) {
							b.Fatal(name)
						}
						out = append(append(out, name...), ": "...)
						start := len(out)
						out = append(out, value...)
						if !h1wire.ValidValue(out[start:]) {
							b.Fatal(value)
						}
						out = append(out, "\r\n"...)
					}
				}
				out = order.Insert(out, 0)
			}
			if len(out) != len(c.text) {
				b.Errorf("%q", out)
			}
		})
	}
}
