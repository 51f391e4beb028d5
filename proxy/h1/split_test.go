package h1_test

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/h1"
)

// pieces is input that arrives in pieces: no Read returns parts of two of them.
type pieces [][]byte

func (p *pieces) Read(b []byte) (int, error) {
	for len(*p) > 0 && len((*p)[0]) == 0 {
		*p = (*p)[1:]
	}
	if len(*p) == 0 {
		return 0, io.EOF
	}
	n := copy(b, (*p)[0])
	(*p)[0] = (*p)[0][n:]
	return n, nil
}

// recording is a connection in memory that keeps what is written.
type recording struct {
	inMemory
	out bytes.Buffer
}

func (c *recording) Write(p []byte) (int, error) { return c.out.Write(p) }

var dateField = regexp.MustCompile(`Date: [^\r\n]*\r\n`)

// responsesTo returns what the server writes for pieces of input.
func responsesTo(t *testing.T, in ...[]byte) string {
	l := &one{make(chan net.Conn, 1), make(chan struct{})}
	s := h1.New(h1.Config{Handler: http.HandlerFunc(echo)})
	p := pieces(in)
	conn := &recording{inMemory: inMemory{in: &p, closed: make(chan struct{})}}
	l.conn <- conn
	served := make(chan error)
	go func() { served <- s.Serve(l) }()
	<-conn.closed
	close(l.end)
	<-served
	s.Close()
	return dateField.ReplaceAllString(conn.out.String(), "")
}

// TestSplits: it does not matter how the bytes of a row arrive: byte by byte, or in two
// pieces, wherever they are cut.
func TestSplits(t *testing.T) {
	for _, r := range allRows(t) {
		in := []byte(r.bytes)
		if len(in) > 3000 {
			continue
		}
		want := responsesTo(t, in)
		singly := make([][]byte, len(in))
		for i := range in {
			singly[i] = in[i : i+1]
		}
		if got := responsesTo(t, singly...); got != want {
			t.Errorf("%s: byte by byte it is\n%q\nand not\n%q", r.name, got, want)
		}
		if len(in) > 300 || testing.Short() {
			continue
		}
		for i := range in {
			if got := responsesTo(t, in[:i], in[i:]); got != want {
				t.Errorf("%s: cut after %q it is\n%q\nand not\n%q", r.name, in[:i], got, want)
				break
			}
		}
	}
}

// TestHeadLimit has heads of exactly as many bytes as are accepted, and of one more and one
// less: in the request line, in one line, and in many.
func TestHeadLimit(t *testing.T) {
	const limit = 600
	addr := start(t, h1.New(h1.Config{Handler: http.HandlerFunc(echo), MaxHeadBytes: limit}))
	fill := func(size int, before, filling, after string) string {
		n := size - len(before) - len(after)
		return before + strings.Repeat(filling, n/len(filling)) + strings.Repeat("x", n%len(filling)) + after
	}
	for _, row := range []struct {
		name, before, filling, after string
		status                       string // of one that is too long
	}{
		{"request line", "GET /", "a", " HTTP/1.1\r\n" + host + "\r\n", "431"},
		{"value", "GET / HTTP/1.1\r\n" + host + "A: ", "a", "\r\n\r\n", "431"},
		{"name", "GET / HTTP/1.1\r\n" + host, "a", ": 1\r\n\r\n", "431"},
		{"fields", "GET / HTTP/1.1\r\n" + host, "A: 1\r\n", "-B: 1\r\n\r\n", "431"},
	} {
		for size := limit - 1; size <= limit+1; size++ {
			in := fill(size, row.before, row.filling, row.after)
			if len(in) != size {
				t.Fatalf("%s: %d bytes", row.name, len(in))
			}
			want, end := "200", "kept"
			if size > limit {
				want, end = row.status, "closed"
			}
			got := talk(t, addr, in)
			if len(got) != 2 || !strings.HasPrefix(got[0], "HTTP/1.1 "+want) || got[1] != end {
				t.Errorf("%s of %d bytes: %q", row.name, size, got)
			}
			// The empty lines before a request are not a part of it.
			if got := talk(t, addr, "\r\n\r\n"+in); len(got) != 2 || !strings.HasPrefix(got[0], "HTTP/1.1 "+want) || got[1] != end {
				t.Errorf("%s of %d bytes after empty lines: %q", row.name, size, got)
			}
			// Nor is what follows.
			if got := talk(t, addr, in+nextGet, "GET", "GET"); size <= limit && (len(got) != 3 || got[2] != "kept") {
				t.Errorf("%s of %d bytes and another: %q", row.name, size, got)
			}
		}
	}
	for size, want := range map[int]string{limit - 2: "400", limit - 1: "431", limit: "431", limit + 1: "414"} {
		got := talk(t, addr, fill(size, "GET /", "a", " HTTP/1.1\r\n")+"\r\n") // there is no Host
		if !strings.HasPrefix(got[0], "HTTP/1.1 "+want) {
			t.Errorf("request line of %d bytes: %q", size, got)
		}
		// The lines of a trailer section together stay below the limit.
		trailers := talk(t, addr, postChunk+"\r\n0\r\n"+fill(size, "A: ", "a", "\r\n")+"\r\n")
		if broken := strings.HasSuffix(trailers[0], " broken"); broken != (size >= limit) {
			t.Errorf("trailers of %d bytes: %q", size, trailers)
		}
	}
}

// TestHeadWithoutEnd: what is never going to be a head is refused when the limit is reached,
// whether a line of it ends or not.
func TestHeadWithoutEnd(t *testing.T) {
	addr := start(t, h1.New(h1.Config{Handler: http.HandlerFunc(echo), MaxHeadBytes: 8 << 10}))
	for want, in := range map[string]string{
		"HTTP/1.1 414": "GET /",
		"HTTP/1.1 431": "GET / HTTP/1.1\r\n" + host + "A: ",
	} {
		for _, size := range []int{8 << 10, 9 << 10, 64 << 10} {
			got := talk(t, addr, in+strings.Repeat("a", size-len(in)))
			if !strings.HasPrefix(got[0], want) || got[1] != "closed" {
				t.Errorf("%d bytes of %q: %q", size, in, got)
			}
		}
	}
}
