package h1wire_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/h1wire"
)

// readHead reads field lines as a server and a client read them.
func readHead(t testing.TB, text string) (http.Header, *h1wire.Lines) {
	t.Helper()
	header, lines, err := parseHead(text)
	if err != nil {
		t.Fatal(err)
	}
	return header, lines
}

func parseHead(text string) (http.Header, *h1wire.Lines, error) {
	in := []byte("GET / HTTP/1.1\r\n" + text + "\r\n")
	var scanner h1wire.Scanner
	var fields h1wire.Fields
	var letters h1wire.Letters
	for {
		start, end, ok, err := scanner.Next(in, len(in)+1)
		if err == nil && !ok {
			err = fmt.Errorf("no end")
		}
		if err == nil && start > 0 && start < end {
			err = fields.AddLine(in, start, end, 1000, &letters)
		}
		if err != nil {
			return nil, nil, err
		}
		if start == end {
			break
		}
	}
	header, lines := http.Header{}, new(h1wire.Lines)
	fields.AddTo(header, string(in), h1wire.OmitNone, nil)
	lines.Keep(string(in), fields, &letters)
	return header, lines, nil
}

// writeHead writes a header as the writers do; nil lines: without any.
func writeHead(out []byte, header http.Header, lines *h1wire.Lines) []byte {
	start, order := len(out), lines.Order()
	for _, name := range slices.Sorted(maps.Keys(header)) {
		values := header[name]
		for _, value := range values[order.Claim(name, values):] {
			out = fmt.Appendf(out, "%s: %s\r\n", name, value)
		}
	}
	return order.Insert(out, start)
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x-a-very-long-name-", 10) + "X"
	var many strings.Builder
	for i := range 100 {
		fmt.Fprintf(&many, "nAME-%d: %d\r\nset-cookie: %d\r\n", i%70, i, i)
	}
	for _, c := range []struct {
		name, came string
		edit       func(http.Header)
		want       string // "": as it came
	}{
		{name: "none"},
		{name: "canonical", came: "B: 1\r\nA: 2\r\nC: 3\r\n"},
		{name: "spellings", came: "ETag: 1\r\nDNT: 1\r\nx_under: 1\r\nsec-ch-ua: x\r\nSec-WebSocket-Key: y\r\nWWW-Authenticate: z\r\n!#$%&'*+-.^_`|~09aZ: t\r\n"},
		{name: "no value", came: "dNT: \r\nB: \r\n"},
		{name: "name of more than a word of bits", came: "ETag: 0\r\n" + long + ": 1\r\n" + strings.ToUpper(long) + ": 2\r\nDNT: 3\r\n"},
		{name: "many lines", came: many.String()},
		{name: "blanks are those of ours", came: "eTag:1\r\neTag: \t 2 \r\n", want: "eTag: 1\r\neTag: 2\r\n"},
		{name: "two spellings", came: "foo: 1\r\nBar: x\r\nFoo: 2\r\n"},
		{name: "the same line twice", came: "foo: 1\r\nFOO: 1\r\nfoo: 1\r\n"},
		{name: "removed", came: "foo: 1\r\nBAR: x\r\nFoo: 2\r\n", edit: func(h http.Header) { h.Del("foo") }, want: "BAR: x\r\n"},
		{name: "first of two removed", came: "foo: 1\r\nBAR: x\r\nFOO: 2\r\n", edit: func(h http.Header) { h["Foo"] = h["Foo"][1:] }, want: "BAR: x\r\nFOO: 2\r\n"},
		{name: "last of two removed", came: "foo: 1\r\nBAR: x\r\nFOO: 2\r\n", edit: func(h http.Header) { h["Foo"] = h["Foo"][:1] }, want: "foo: 1\r\nBAR: x\r\n"},
		{name: "one of two that are the same removed", came: "foo: 1\r\nFOO: 1\r\n", edit: func(h http.Header) { h["Foo"] = h["Foo"][:1] }, want: "foo: 1\r\n"},
		{name: "changed", came: "foo: 1\r\nBAR: x\r\n", edit: func(h http.Header) { h.Set("foo", "2") }, want: "BAR: x\r\nFoo: 2\r\n"},
		{name: "changed in place", came: "foo: 1\r\nBAR: x\r\n", edit: func(h http.Header) { h["Foo"][0] = "2" }, want: "BAR: x\r\nFoo: 2\r\n"},
		{name: "first of two changed", came: "foo: 1\r\nBAR: x\r\nFOO: 2\r\n", edit: func(h http.Header) { h["Foo"][0] = "3" }, want: "BAR: x\r\nFoo: 3\r\nFoo: 2\r\n"},
		{name: "last of two changed", came: "foo: 1\r\nBAR: x\r\nFOO: 2\r\n", edit: func(h http.Header) { h["Foo"][1] = "3" }, want: "foo: 1\r\nBAR: x\r\nFoo: 3\r\n"},
		{name: "swapped", came: "foo: 1\r\nBAR: x\r\nFOO: 2\r\n", edit: func(h http.Header) { slices.Reverse(h["Foo"]) }, want: "BAR: x\r\nFOO: 2\r\nFoo: 1\r\n"},
		{name: "value added", came: "foo: 1\r\nBAR: x\r\n", edit: func(h http.Header) { h.Add("foo", "2") }, want: "foo: 1\r\nBAR: x\r\nFoo: 2\r\n"},
		{name: "same value twice", came: "foo: 1\r\nBAR: x\r\n", edit: func(h http.Header) { h.Add("foo", "1") }, want: "foo: 1\r\nBAR: x\r\nFoo: 1\r\n"},
		{name: "field added", came: "foo: 1\r\nBAR: x\r\n", edit: func(h http.Header) { h.Set("aa", "1") }, want: "foo: 1\r\nBAR: x\r\nAa: 1\r\n"},
		{name: "key of another spelling", came: "foo: 1\r\n", edit: func(h http.Header) { h["foo"] = []string{"1"} }, want: "foo: 1\r\nfoo: 1\r\n"},
		{name: "key of another spelling alone", came: "FOO: 1\r\n", edit: func(h http.Header) { delete(h, "Foo"); h["foO"] = []string{"1"} }, want: "foO: 1\r\n"},
		{name: "value under another key", came: "foo: 1\r\nBAR: x\r\n", edit: func(h http.Header) { h["Foo"], h["Bar"] = h["Bar"], h["Foo"] }, want: "Bar: 1\r\nFoo: x\r\n"},
		{name: "no values", came: "foo: 1\r\nBAR: x\r\n", edit: func(h http.Header) { h["Foo"] = nil }, want: "BAR: x\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			header, lines := readHead(t, c.came)
			if c.edit != nil {
				c.edit(header)
			}
			if c.want == "" {
				c.want = c.came
			}
			before := maps.Clone(header)
			for range 2 { // as often as a request is sent
				if got := string(writeHead([]byte("HEAD "), header, lines)); got != "HEAD "+c.want {
					t.Errorf("got\n%s\nwant\n%s", got, c.want)
				}
			}
			if !maps.EqualFunc(header, before, slices.Equal) {
				t.Errorf("the header is now %v", header)
			}
		})
	}
}

func TestNoLines(t *testing.T) {
	header, _ := readHead(t, "foo: 1\r\n")
	for _, l := range []*h1wire.Lines{nil, new(h1wire.Lines)} {
		if got := string(writeHead(nil, header, l)); got != "Foo: 1\r\n" {
			t.Errorf("%q", got)
		}
		l.Respell(header)()
	}
}

// TestLinesKept: the lines do not change with the buffers that they came from, nor do they
// have anything of the lines before.
func TestLinesKept(t *testing.T) {
	var fields h1wire.Fields
	var letters h1wire.Letters
	var kept []*h1wire.Lines
	var headers []http.Header
	came := []string{"fOO: 1", "Foo: 1", "BAR: 22"}
	for _, line := range came {
		fields = fields[:0]
		letters.Reset()
		in := []byte(line)
		if err := fields.AddLine(in, 0, len(in), 1, &letters); err != nil {
			t.Fatal(err)
		}
		header, lines := http.Header{}, new(h1wire.Lines)
		fields.AddTo(header, string(in), h1wire.OmitNone, nil)
		lines.Keep(string(in), fields, &letters)
		kept, headers = append(kept, lines), append(headers, header)
	}
	for i, line := range came {
		if got := string(writeHead(nil, headers[i], kept[i])); got != line+"\r\n" {
			t.Errorf("%q, want %q", got, line)
		}
	}
}

func TestRespell(t *testing.T) {
	const came = "ETag: 1\r\nx_under: 2\r\nfoo: 3\r\nFoo: 4\r\nset-cookie: 5\r\nset-cookie: 6\r\ncontent-type: a/b\r\nDATE: x\r\nplain: 7\r\nDNT: 8\r\nGone: 9\r\nTaKen: 10\r\n"
	header, lines := readHead(t, came)
	header.Set("Plain", "8")
	header.Add("DNT", "9")
	header.Del("Gone")
	header["TaKen"] = []string{"11"}
	before := maps.Clone(header)
	undo := lines.Respell(header)
	want := http.Header{
		"ETag": {"1"}, "x_under": {"2"}, "set-cookie": {"5", "6"},
		"Foo":          {"3", "4"}, // under two keys they would lose their order
		"Content-Type": {"a/b"}, "Date": {"x"},
		"Plain": {"8"}, "Dnt": {"8", "9"}, "Taken": {"10"}, "TaKen": {"11"},
	}
	if !maps.EqualFunc(header, want, slices.Equal) {
		t.Errorf("got  %v\nwant %v", header, want)
	}
	undo()
	if !maps.EqualFunc(header, before, slices.Equal) {
		t.Errorf("got  %v\nwant %v", header, before)
	}
}

// TestLinesCost: lines of a usual head cost no allocation.
func TestLinesCost(t *testing.T) {
	in := []byte(usual)
	var fields h1wire.Fields
	var letters h1wire.Letters
	for at := 0; at < len(in); {
		end := at + strings.Index(usual[at:], "\r\n")
		if err := fields.AddLine(in, at, end, 1000, &letters); err != nil {
			t.Fatal(err)
		}
		at = end + 2
	}
	header, lines, text := http.Header{}, new(h1wire.Lines), string(in)
	fields.AddTo(header, text, h1wire.OmitNone, nil)
	out := make([]byte, 0, 4<<10)
	if n := testing.AllocsPerRun(100, func() {
		lines.Keep(text, fields, &letters)
		order := lines.Order()
		for name, values := range header {
			order.Claim(name, values)
		}
		out = order.Insert(out[:0], 0)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
	if string(out) != usual {
		t.Errorf("%q", out)
	}
}

// usual is the fields of a request as services get it.
const usual = "host: web.example\r\nuser-agent: bench/1.0\r\naccept: */*\r\naccept-encoding: identity\r\n" +
	"x-request-id: 0123456789abcdef\r\ncookie: session=0123456789\r\nforwarded: for=192.0.2.1\r\nDNT: 1\r\n"

func FuzzLines(f *testing.F) {
	f.Add("ETag: 1\r\nfoo: 1\r\nFoo: 2\r\nDNT: 1\r\n", []byte{0, 1, 2, 3})
	f.Add("a: 1\r\nA: 1\r\na: 2\r\nB:\r\nb: \t x \r\n", []byte{4, 5, 6, 7, 8})
	f.Add(strings.Repeat("n-a-m-E: 1\r\nName: 2\r\n", 40), []byte{1, 9, 2, 3})
	f.Fuzz(func(t *testing.T, text string, edits []byte) {
		header, lines, err := parseHead(text)
		if err != nil {
			return
		}
		for i, edit := range edits {
			names := slices.Sorted(maps.Keys(header))
			if len(names) == 0 || i > 20 {
				break
			}
			name := names[int(edit>>3)%len(names)]
			switch values := header[name]; {
			case edit&7 == 0:
				header.Del(name)
			case edit&7 == 1:
				header.Set(name, "new")
			case edit&7 == 2:
				header.Add(name, "added")
			case edit&7 == 3:
				header.Add("X-Added", "1")
			case edit&7 == 4 && len(values) > 0:
				header[name] = values[1:]
			case edit&7 == 5 && len(values) > 0:
				header[name] = values[:len(values)-1]
			case edit&7 == 6:
				header[name] = slices.Clone(values)
				slices.Reverse(header[name])
			case edit&7 == 7 && len(values) > 0:
				header.Add(name, values[0])
			}
		}
		header = withoutEmpty(header)
		out := string(writeHead(nil, header, lines))
		got, _, err := parseHead(out)
		if err != nil {
			t.Fatalf("%q of %q: %v", out, text, err)
		}
		if !maps.EqualFunc(got, header, slices.Equal) {
			t.Fatalf("%q of %q:\n got %q\nwant %q", out, text, got, header)
		}
		without := strings.Count(string(writeHead(nil, header, nil)), "\r\n")
		if n := strings.Count(out, "\r\n"); n != without {
			t.Fatalf("%q of %q: %d lines, want %d", out, text, n, without)
		}
		if len(edits) == 0 && out != tidy(text) {
			t.Fatalf("%q is written as %q", text, out)
		}
		undo := lines.Respell(header)
		undo()
		if !maps.EqualFunc(got, header, slices.Equal) {
			t.Fatalf("%q: Respell leaves %q", text, header)
		}
	})
}

// withoutEmpty returns the fields that have values: others are not written.
func withoutEmpty(h http.Header) http.Header {
	maps.DeleteFunc(h, func(_ string, values []string) bool { return len(values) == 0 })
	return h
}

// tidy returns the lines of a head up to the empty line, with the blanks that we write.
func tidy(text string) string {
	var b strings.Builder
	for line := range strings.SplitSeq(text, "\r\n") {
		if line == "" {
			break
		}
		name, value, _ := strings.Cut(line, ":")
		fmt.Fprintf(&b, "%s: %s\r\n", name, strings.Trim(value, " \t"))
	}
	return b.String()
}
