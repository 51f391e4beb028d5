package h1_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// TestResponses: the result of a response, and whether its connection is kept.
func TestResponses(t *testing.T) {
	for _, c := range []struct {
		name     string
		method   string // default GET
		response string
		close    bool // the peer closes after the response
		status   int
		body     string
		length   int64
		header   http.Header // nil: not compared
		trailer  http.Header
		kept     bool
	}{
		{name: "counted", response: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
			status: 200, body: "hello", length: 5, header: http.Header{"Content-Length": {"5"}}, kept: true},
		{name: "empty", response: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", status: 200, kept: true},
		{name: "chunked", response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;a=b\r\nlo\r\n0\r\n\r\n",
			status: 200, body: "hello", length: -1, header: http.Header{}, kept: true},
		{name: "chunked, hexadecimal sizes", response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nA: b\r\n\r\n" +
			"9\r\n123456789\r\na\r\n123456789a\r\nF\r\n123456789abcdef\r\nf\r\n123456789abcdef\r\n0A\r\n123456789a\r\n0\r\n\r\n",
			status: 200, body: "123456789" + "123456789a" + "123456789abcdef" + "123456789abcdef" + "123456789a", length: -1,
			header: http.Header{"A": {"b"}}, kept: true},
		{name: "chunked, padded size", response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n5  \r\nhello\r\n000\r\n\r\n",
			status: 200, body: "hello", length: -1, kept: true},
		{name: "trailers", response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: a, X-B\r\n\r\n5\r\nhello\r\n0\r\nA: 1\r\nC: 3\r\n\r\n",
			status: 200, body: "hello", length: -1, header: http.Header{},
			trailer: http.Header{"A": {"1"}, "X-B": nil, "C": {"3"}}, kept: true},
		{name: "until close", response: "HTTP/1.1 200 OK\r\nA: b\r\n\r\nhello", close: true, status: 200, body: "hello", length: -1},
		{name: "HTTP/1.0", response: "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", status: 200, body: "hi", length: 2},
		{name: "HTTP/1.0 kept alive", response: "HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi",
			status: 200, body: "hi", length: 2, kept: true},
		{name: "HTTP/1.0 until close", response: "HTTP/1.0 200 OK\r\n\r\nhi", close: true, status: 200, body: "hi", length: -1},
		{name: "Connection: close", response: "HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 2\r\n\r\nhi",
			status: 200, body: "hi", length: 2, header: http.Header{"Connection": {"x, Close"}, "Content-Length": {"2"}}},
		{name: "HEAD", method: "HEAD", response: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", status: 200, length: 5, kept: true},
		{name: "HEAD, chunked", method: "HEAD", response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", status: 200, length: -1, kept: true},
		{name: "HEAD, no length", method: "HEAD", response: "HTTP/1.1 200 OK\r\n\r\n", status: 200, length: -1, kept: true},
		{name: "204", response: "HTTP/1.1 204 No Content\r\n\r\n", status: 204, kept: true},
		{name: "204 with a length", response: "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", status: 204},
		{name: "304 with the length of the body that it leaves out", response: "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", status: 304, kept: true},
		{name: "304 with a body", response: "HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nhi", status: 304},
		{name: "bytes after the response", response: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi!", status: 200, body: "hi", length: 2},
		{name: "Transfer-Encoding with Content-Length", response: "HTTP/1.1 200 OK\r\nContent-Length: 99\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
			status: 200, body: "hi", length: -1, header: http.Header{}},
		{name: "names made canonical, values trimmed, lines of one name in order",
			response: "HTTP/1.1 200 OK\r\nx-fOO-bar:  a b\t\r\nX-Foo-Bar:\r\ncontent-length: 0\r\n\r\n", status: 200,
			header: http.Header{"X-Foo-Bar": {"a b", ""}, "Content-Length": {"0"}}, kept: true},
		{name: "every letter of a name", response: "HTTP/1.1 200 OK\r\nxAZaz-AZaz-zaZA-aAzZ: 1\r\ncontent-length: 0\r\n\r\n", status: 200,
			header: http.Header{"Xazaz-Azaz-Zaza-Aazz": {"1"}, "Content-Length": {"0"}}, kept: true},
		{name: "blank values", response: "HTTP/1.1 200 OK\r\nA: \t \r\nB:\r\nC: \t c\t \r\ncontent-length: 0\r\n\r\n", status: 200,
			header: http.Header{"A": {""}, "B": {""}, "C": {"c"}, "Content-Length": {"0"}}, kept: true},
		{name: "Transfer-Encoding with a Content-Length of 0", response: "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
			status: 200, body: "hi", length: -1, header: http.Header{}},
		{name: "many trailer names, some empty", response: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: ,X-B,, a ,\r\nTrailer:\r\nTrailer: d\r\n\r\n0\r\nA: 1\r\nA: 2\r\n\r\n",
			status: 200, length: -1, trailer: http.Header{"A": {"1", "2"}, "X-B": nil, "D": nil}, kept: true},
		{name: "no reason", response: "HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", status: 200, kept: true},
		{name: "raw bytes in a value", response: "HTTP/1.1 200 \xc3\xa4\r\nA: \xff\tx\r\nContent-Length: 0\r\n\r\n", status: 200,
			header: http.Header{"A": {"\xff\tx"}, "Content-Length": {"0"}}, kept: true},
		{name: "after 1xx responses", response: "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
			status: 200, body: "hi", length: 2, kept: true},
	} {
		for _, way := range []struct {
			name string
			send func(p *peer, s string)
		}{
			{"at once", func(p *peer, s string) { p.send(s) }},
			{"byte by byte", func(p *peer, s string) {
				for _, b := range []byte(s) {
					p.send(string([]byte{b}))
				}
			}},
		} {
			t.Run(c.name+" "+way.name, func(t *testing.T) {
				ps := newPeers(t, func(p *peer) {
					for p.head() != "" {
						way.send(p, c.response)
						if c.close {
							return
						}
					}
				})
				transport := to(t, ps.addr)
				for range 2 {
					resp := roundTrip(t, transport, newRequest(t, max("GET", c.method), nil))
					body := readAll(t, resp)
					if resp.StatusCode != c.status || body != c.body || resp.ContentLength != c.length {
						t.Errorf("got %d, %q, length %d", resp.StatusCode, body, resp.ContentLength)
					}
					if proto := c.response[:len("HTTP/1.1")]; resp.Proto != proto || resp.ProtoMajor != 1 || resp.ProtoMinor != int(proto[7]-'0') {
						t.Errorf("%s, %d, %d", resp.Proto, resp.ProtoMajor, resp.ProtoMinor)
					}
					if !strings.HasPrefix(resp.Status, "2") && !strings.HasPrefix(resp.Status, "304") {
						t.Errorf("status %q", resp.Status)
					}
					if c.header != nil {
						if diff := cmp.Diff(c.header, resp.Header); diff != "" {
							t.Error(diff)
						}
					}
					if diff := cmp.Diff(c.trailer, resp.Trailer); diff != "" {
						t.Error(diff)
					}
					time.Sleep(idle) // for bytes after the response to arrive
				}
				if kept := ps.count.Load() == 1; kept != c.kept {
					t.Errorf("kept %v", kept)
				}
			})
		}
	}
}

// TestRefusedHeads: each of these heads is an error and closes the connection.
func TestRefusedHeads(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
	for name, response := range map[string]string{
		"not HTTP":                       "SSH-2.0-OpenSSH\r\n",
		"HTTP/2":                         "HTTP/2.0 200 OK\r\n\r\n",
		"HTTP/1.2":                       "HTTP/1.2 200 OK\r\n\r\n",
		"lower case":                     "http/1.1 200 OK\r\n\r\n",
		"short status":                   "HTTP/1.1 20 OK\r\n\r\n",
		"long status":                    "HTTP/1.1 2000 OK\r\n\r\n",
		"status below 100":               "HTTP/1.1 099 OK\r\n\r\n",
		"signed status":                  "HTTP/1.1 +20 OK\r\n\r\n",
		"two spaces":                     "HTTP/1.1  200 OK\r\n\r\n",
		"tab in status line":             "HTTP/1.1\t200 OK\r\n\r\n",
		"control character in reason":    "HTTP/1.1 200 O\x01K\r\n\r\n",
		"empty line first":               "\r\n" + ok + "\r\n",
		"bare LF in status line":         "HTTP/1.1 200 OK\nA: b\r\n\r\n",
		"bare LF":                        ok + "A: b\n\r\n",
		"bare LF at the end":             ok + "\n",
		"bare CR":                        ok + "A: b\rc\r\n\r\n",
		"NUL in value":                   ok + "A: b\x00c\r\n\r\n",
		"NUL in a long value":            ok + "A: bbbbbbbbbbbbbbbbbbbb\x00ccccccccccccc\r\n\r\n",
		"DEL in value":                   ok + "A: b\x7f\r\n\r\n",
		"NUL in name":                    ok + "A\x00: b\r\n\r\n",
		"folded line":                    ok + "A: b\r\n c\r\n\r\n",
		"folded with tab":                ok + "A: b\r\n\tc\r\n\r\n",
		"fold right after status":        "HTTP/1.1 200 OK\r\n A: b\r\n\r\n",
		"space before colon":             ok + "A : b\r\n\r\n",
		"space in name":                  ok + "A b: c\r\n\r\n",
		"no colon":                       ok + "A\r\n\r\n",
		"empty name":                     ok + ": a\r\n\r\n",
		"name not ASCII":                 ok + "\xc3\xa4: a\r\n\r\n",
		"conflicting lengths":            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"same length twice":              "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
		"list of lengths":                "HTTP/1.1 200 OK\r\nContent-Length: 1, 1\r\n\r\nx",
		"signed length":                  "HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx",
		"negative length":                "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx",
		"empty length":                   "HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\nx",
		"hexadecimal length":             "HTTP/1.1 200 OK\r\nContent-Length: 0x1\r\n\r\nx",
		"huge length":                    "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775808\r\n\r\nx",
		"unknown transfer encoding":      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
		"gzip, chunked":                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
		"chunked twice":                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
		"two transfer encodings":         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
		"almost chunked":                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: \x0bchunked\r\n\r\n",
		"chunked in HTTP/1.0":            "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
		"framing announced as a trailer": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: Content-Length\r\n\r\n",
		"101 unasked":                    "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
		"too many header lines":          ok + strings.Repeat("A: b\r\n", 300) + "\r\n",
		"too long a line":                ok + "A: " + strings.Repeat("b", 70000) + "\r\n\r\n",
		"too long a head":                ok + strings.Repeat("A: "+strings.Repeat("b", 1000)+"\r\n", 70) + "\r\n",
		"endless status line":            "HTTP/1.1 200 " + strings.Repeat("x", 70000),
		"endless 1xx":                    strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 100),
	} {
		t.Run(name, func(t *testing.T) {
			gone := make(chan error, 1)
			ps := newPeers(t, func(p *peer) {
				p.head()
				p.send(response)
				_, err := p.ReadByte()
				gone <- err
			})
			resp, err := to(t, ps.addr).RoundTrip(newRequest(t, "GET", nil))
			if err == nil {
				t.Fatalf("accepted: %v", resp)
			}
			e := wantError(t, err, relay.OpParse, wroteAll, true)
			if !errors.Is(e, h1.ErrMalformed) && !errors.Is(e, h1.ErrTooLarge) {
				t.Errorf("cause: %v", err)
			}
			if len(err.Error()) > 400 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			if err := <-gone; err == nil {
				t.Error("the connection was not closed")
			}
		})
	}
}

// TestRefusedBodies: responses with a good head and a bad body.
func TestRefusedBodies(t *testing.T) {
	const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	for _, c := range []struct {
		name, response, op, body string
		cause                    error
	}{
		{"cut short", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", relay.OpResponseBody, "hel", io.ErrUnexpectedEOF},
		{"cut short in a chunk", chunked + "5\r\nhel", relay.OpResponseBody, "hel", io.ErrUnexpectedEOF},
		{"cut short between chunks", chunked + "3\r\nhel\r\n", relay.OpResponseBody, "hel", io.ErrUnexpectedEOF},
		{"cut short in a size", chunked + "3\r\nhel\r\n1", relay.OpResponseBody, "hel", io.ErrUnexpectedEOF},
		{"cut short before the trailer", chunked + "3\r\nhel\r\n0\r\n", relay.OpResponseBody, "hel", io.ErrUnexpectedEOF},
		{"empty size", chunked + "\r\n", relay.OpParse, "", h1.ErrMalformed},
		{"size not hexadecimal", chunked + "g\r\n", relay.OpParse, "", h1.ErrMalformed},
		{"signed size", chunked + "-1\r\n", relay.OpParse, "", h1.ErrMalformed},
		{"prefixed size", chunked + "0x1\r\na\r\n", relay.OpParse, "", h1.ErrMalformed},
		{"huge size", chunked + "8000000000000000\r\n", relay.OpParse, "", h1.ErrMalformed},
		{"overflowing size", chunked + "10000000000000001\r\na", relay.OpParse, "", h1.ErrMalformed},
		{"blank before size", chunked + " 1\r\na\r\n", relay.OpParse, "", h1.ErrMalformed},
		{"blank before extension", chunked + "1 ;x\r\na\r\n", relay.OpParse, "", h1.ErrMalformed},
		{"bare LF after size", chunked + "1\na\r\n", relay.OpParse, "", h1.ErrMalformed},
		{"bare CR in extension", chunked + "1;a\rb\r\na\r\n", relay.OpParse, "", h1.ErrMalformed},
		{"NUL in extension", chunked + "1;a\x00b\r\na\r\n", relay.OpParse, "", h1.ErrMalformed},
		{"endless extension", chunked + "1;" + strings.Repeat("x", 5000), relay.OpParse, "", h1.ErrTooLarge},
		{"chunk too long", chunked + "1\r\nab\r\n", relay.OpParse, "a", h1.ErrMalformed},
		{"bare LF after a longer size", chunked + "11\na\r\n0\r\n\r\n", relay.OpParse, "", h1.ErrMalformed},
		{"only a LF", chunked + "\n", relay.OpParse, "", h1.ErrMalformed},
		{"bare LF after a chunk", chunked + "1\r\na\n0\r\n\r\n", relay.OpParse, "a", h1.ErrMalformed},
		{"bad trailer", chunked + "0\r\nA b: c\r\n\r\n", relay.OpParse, "", h1.ErrMalformed},
		{"folded trailer", chunked + "0\r\nA: b\r\n c\r\n\r\n", relay.OpParse, "", h1.ErrMalformed},
		{"framing as a trailer", chunked + "0\r\ncontent-length: 5\r\n\r\n", relay.OpParse, "", h1.ErrMalformed},
		{"endless trailer", chunked + "0\r\nA: " + strings.Repeat("b", 70000), relay.OpParse, "", h1.ErrTooLarge},
		{"many trailers", chunked + "0\r\n" + strings.Repeat("A: b\r\n", 300), relay.OpParse, "", h1.ErrTooLarge},
		{"large trailer section", chunked + "0\r\n" + strings.Repeat("A: "+strings.Repeat("b", 1000)+"\r\n", 100), relay.OpParse, "", h1.ErrTooLarge},
	} {
		t.Run(c.name, func(t *testing.T) {
			ps := newPeers(t, func(p *peer) {
				p.head()
				p.send(c.response)
			})
			for _, read := range []func(resp *http.Response) (string, error){
				func(resp *http.Response) (string, error) { b, err := io.ReadAll(resp.Body); return string(b), err },
				func(resp *http.Response) (string, error) {
					var b strings.Builder
					_, err := io.Copy(&b, resp.Body)
					return b.String(), err
				},
			} {
				resp := roundTrip(t, to(t, ps.addr), newRequest(t, "GET", nil))
				body, err := read(resp)
				if body != c.body || !errors.Is(err, c.cause) {
					t.Fatalf("got %q, %v", body, err)
				}
				wantError(t, err, c.op, wroteAll, true)
				if _, again := resp.Body.Read(make([]byte, 1)); again != err {
					t.Errorf("the next Read returns %v", again)
				}
				resp.Body.Close()
			}
		})
	}
}

// TestExtensionFlood: many chunk extensions, each of a bounded length, are refused.
func TestExtensionFlood(t *testing.T) {
	chunk := "1;" + strings.Repeat("x", 2000) + "\r\na\r\n"
	ps := responding(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+strings.Repeat(chunk, 100))
	resp := roundTrip(t, to(t, ps.addr), newRequest(t, "GET", nil))
	body, err := io.ReadAll(resp.Body)
	if len(body) > 20 || !errors.Is(err, h1.ErrMalformed) {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}

// TestSingleByteChunks: any number of chunks of a single byte is accepted.
func TestSingleByteChunks(t *testing.T) {
	ps := responding(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"+strings.Repeat("1\r\na\r\n", 50000)+"0\r\n\r\n")
	if _, body := get(t, to(t, ps.addr)); len(body) != 50000 {
		t.Errorf("%d bytes", len(body))
	}
}

func TestLimits(t *testing.T) {
	ps := responding(t, "HTTP/1.1 200 OK\r\nA: "+strings.Repeat("x", 100)+"\r\nContent-Length: 0\r\n\r\n")
	const head = len("HTTP/1.1 200 OK\r\nA: ") + 100 + len("\r\nContent-Length: 0\r\n\r\n")
	for _, c := range []struct {
		limit    int
		tooLarge bool
	}{{head, false}, {head - 1, true}, {head - 2, true}, {100, true}} {
		_, err := newTransport(t, h1.Config{Addr: ps.addr, MaxHeaderBytes: c.limit}).RoundTrip(newRequest(t, "GET", nil))
		if errors.Is(err, h1.ErrTooLarge) != c.tooLarge || !c.tooLarge && err != nil {
			t.Errorf("a head of %d bytes with MaxHeaderBytes %d: %v", head, c.limit, err)
		}
	}
	if _, err := newTransport(t, h1.Config{Addr: ps.addr, MaxHeaders: 1}).RoundTrip(newRequest(t, "GET", nil)); !errors.Is(err, h1.ErrTooLarge) {
		t.Errorf("MaxHeaders: %v", err)
	}
	for lines, tooMany := range map[int]bool{256: false, 257: true} { // by default
		ps := responding(t, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"+strings.Repeat("A: b\r\n", lines-1)+"\r\n")
		_, err := to(t, ps.addr).RoundTrip(newRequest(t, "GET", nil))
		if errors.Is(err, h1.ErrTooLarge) != tooMany || !tooMany && err != nil {
			t.Errorf("%d header lines: %v", lines, err)
		}
	}
	big := responding(t, "HTTP/1.1 200 OK\r\nA: "+strings.Repeat("x", 60000)+"\r\nContent-Length: 2\r\n\r\nhi")
	transport := to(t, big.addr)
	for range 2 {
		if status, body := get(t, transport); status != 200 || body != "hi" {
			t.Errorf("a large head: %d %q", status, body)
		}
	}
}
