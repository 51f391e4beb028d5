package h1_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/meshhop/meshhop/router/h1"
)

// TestRequestHeads: what goes onto the wire, its header lines sorted.
func TestRequestHeads(t *testing.T) {
	target := func(u url.URL) func(*http.Request) { return func(r *http.Request) { r.URL, r.Host = &u, "" } }
	for _, c := range []struct {
		name   string
		method string
		change func(r *http.Request)
		line   string
		lines  []string
	}{
		{name: "plain", line: "GET /path?q=1 HTTP/1.1"},
		{name: "empty method", change: func(r *http.Request) { r.Method = "" }, line: "GET /path?q=1 HTTP/1.1"},
		{name: "Host", change: func(r *http.Request) { r.Host = "a.b:80" }, line: "GET /path?q=1 HTTP/1.1", lines: []string{"Host: a.b:80"}},
		{name: "Host without zone", change: func(r *http.Request) { r.Host = "[fe80::1%25en0]:80" }, line: "GET /path?q=1 HTTP/1.1", lines: []string{"Host: [fe80::1]:80"}},
		{name: "no path", change: target(url.URL{Host: "h"}), line: "GET / HTTP/1.1", lines: []string{"Host: h"}},
		{name: "escaped path", change: target(url.URL{Host: "h", Path: "/a b", RawQuery: "x=%20"}), line: "GET /a%20b?x=%20 HTTP/1.1", lines: []string{"Host: h"}},
		{name: "raw path", change: target(url.URL{Host: "h", Path: "/a/b", RawPath: "/a%2fb"}), line: "GET /a%2fb HTTP/1.1", lines: []string{"Host: h"}},
		{name: "empty query", change: target(url.URL{Host: "h", Path: "/", ForceQuery: true}), line: "GET /? HTTP/1.1", lines: []string{"Host: h"}},
		{name: "opaque", change: target(url.URL{Host: "h", Opaque: "/a%zz", RawQuery: "q"}), line: "GET /a%zz?q HTTP/1.1", lines: []string{"Host: h"}},
		{name: "opaque with authority", change: target(url.URL{Scheme: "http", Host: "h", Opaque: "//x/y"}), line: "GET http://x/y HTTP/1.1", lines: []string{"Host: h"}},
		{name: "asterisk", method: "OPTIONS", change: target(url.URL{Host: "h", Path: "*"}), line: "OPTIONS * HTTP/1.1", lines: []string{"Host: h"}},
		{name: "names of Linkerd's in lower case, others as they are", change: func(r *http.Request) {
			r.Header = http.Header{"L5d-Ctx-Trace": {"x"}, "X-Foo": {"1", " 2\t"}, "x-RAW": {"3"}, "User-Agent": {"u"}}
		}, line: "GET /path?q=1 HTTP/1.1", lines: []string{"Host: example.test", "User-Agent: u", "X-Foo: 1", "X-Foo: 2", "l5d-ctx-trace: x", "x-RAW: 3"}},
		{name: "framing is ours", change: func(r *http.Request) {
			r.Header = http.Header{"Content-Length": {"5"}, "Transfer-Encoding": {"chunked"}, "Host": {"evil"}, "Trailer": {"x"}}
		}, line: "GET /path?q=1 HTTP/1.1"},
		{name: "Close", change: func(r *http.Request) { r.Close = true }, line: "GET /path?q=1 HTTP/1.1", lines: []string{"Connection: close", "Host: example.test"}},
		{name: "POST without a body", method: "POST", line: "POST /path?q=1 HTTP/1.1", lines: []string{"Content-Length: 0", "Host: example.test"}},
		{name: "DELETE without a body", method: "DELETE", line: "DELETE /path?q=1 HTTP/1.1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			heads := make(chan string, 1)
			ps := newPeers(t, func(p *peer) {
				heads <- p.head()
				p.send("HTTP/1.1 204 No Content\r\n\r\n")
			})
			req := newRequest(t, max(c.method, "GET"), nil)
			if c.method != "" {
				req.Method = c.method
			}
			if c.change != nil {
				c.change(req)
			}
			roundTrip(t, to(t, ps.addr), req)
			lines := strings.Split(strings.TrimSuffix(<-heads, "\r\n\r\n"), "\r\n")
			if lines[0] != c.line {
				t.Errorf("request line %q", lines[0])
			}
			want := c.lines
			if want == nil {
				want = []string{"Host: example.test"}
			}
			if got := slices.Sorted(slices.Values(lines[1:])); !slices.Equal(got, want) {
				t.Errorf("lines %q", got)
			}
		})
	}
}

// TestRefusedRequests: nothing of these is written, and no connection is made.
func TestRefusedRequests(t *testing.T) {
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header[name] = []string{value} }
	}
	for name, change := range map[string]func(r *http.Request){
		"space in method":            func(r *http.Request) { r.Method = "GET /x" },
		"CRLF in method":             func(r *http.Request) { r.Method = "GET\r\n" },
		"no URL":                     func(r *http.Request) { r.URL = nil },
		"space in query":             func(r *http.Request) { r.URL.RawQuery = "a b" },
		"CRLF in query":              func(r *http.Request) { r.URL.RawQuery = "a\r\nb" },
		"NUL in query":               func(r *http.Request) { r.URL.RawQuery = "\x00" },
		"space in opaque":            func(r *http.Request) { r.URL.Opaque = "/ HTTP/1.1" },
		"LF in opaque":               func(r *http.Request) { r.URL.Opaque = "/\n" },
		"space in host":              func(r *http.Request) { r.Host = "a b" },
		"CRLF in host":               func(r *http.Request) { r.Host = "a\r\nX: y" },
		"slash in host":              func(r *http.Request) { r.Host = "a/b" },
		"host not ASCII":             func(r *http.Request) { r.Host = "\xc3\xa4" },
		"CR in value":                header("A", "b\rc"),
		"LF in value":                header("A", "b\nc"),
		"trailing LF in value":       header("A", "b\n"),
		"NUL in value":               header("A", "b\x00c"),
		"LF in a long value":         header("A", "0123456789abcdef0123\n456789abcdef"),
		"empty name":                 header("", "b"),
		"space in name":              header("A B", "c"),
		"colon in name":              header("A:", "c"),
		"CRLF in name":               header("A\r\nB", "c"),
		"name not ASCII":             header("\xc3\xa4", "c"),
		"lower-case framing":         header("content-length", "5"),
		"lower-case encoding":        header("transfer-encoding", "chunked"),
		"mixed-case encoding":        header("TransFer-Encoding", "chunked"),
		"lower-case host":            header("host", "x"),
		"unknown transfer encoding":  func(r *http.Request) { r.TransferEncoding = []string{"gzip"} },
		"a length without a body":    func(r *http.Request) { r.Body, r.ContentLength = nil, 5 },
		"framing as a trailer":       trailer("Content-Length"),
		"trailer name with a space":  trailer("A b"),
		"CONNECT with a body":        func(r *http.Request) { r.Method = "CONNECT" },
		"a body that is longer":      func(r *http.Request) { r.ContentLength = 3 },
		"a body that is shorter":     func(r *http.Request) { r.ContentLength, r.Body = 9, io.NopCloser(strings.NewReader("body")) },
		"a body that cannot be read": func(r *http.Request) { r.Body = io.NopCloser(iotest.ErrReader(errors.New("broken"))) },
	} {
		t.Run(name, func(t *testing.T) {
			ps := answering(t, "")
			req := newRequest(t, "POST", strings.NewReader("body"))
			change(req)
			closed := &closing{body: req.Body}
			if req.Body != nil {
				req.Body = closed
			}
			_, err := to(t, ps.addr).RoundTrip(req)
			op := h1.OpRequest
			if strings.HasPrefix(name, "a body") {
				op = h1.OpBody
			} else if !errors.Is(err, h1.ErrInvalidRequest) {
				t.Errorf("%v", err)
			}
			wantError(t, err, op, h1.Nothing, false)
			if ps.count.Load() != 0 {
				t.Error("a connection was made")
			}
			if req.Body != nil && !closed.yes() {
				t.Error("the body was not closed")
			}
		})
	}
}

func trailer(name string) func(r *http.Request) {
	return func(r *http.Request) { r.ContentLength, r.Trailer = -1, http.Header{name: nil} }
}

// closing is a body that knows whether it was closed.
type closing struct {
	body io.ReadCloser
	done chan struct{}
}

func newClosing(r io.Reader) *closing {
	body, ok := r.(io.ReadCloser)
	if !ok {
		body = io.NopCloser(r)
	}
	return &closing{body: body, done: make(chan struct{})}
}

func (c *closing) Read(p []byte) (int, error) { return c.body.Read(p) }

func (c *closing) Close() error {
	if c.done == nil {
		c.done = make(chan struct{})
	}
	select {
	case <-c.done:
	default:
		close(c.done)
	}
	return c.body.Close()
}

func (c *closing) yes() bool {
	if c.done == nil {
		return false
	}
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// TestRequestBodies: what net/http's server makes of bodies of all kinds.
func TestRequestBodies(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789"), 50000)
	for _, c := range []struct {
		name    string
		method  string
		body    func() io.Reader
		length  int64 // what the request declares; -2: what NewRequest finds
		trailer http.Header
		want    []byte
		framed  string // as the server sees it
	}{
		{"in memory", "POST", func() io.Reader { return strings.NewReader("hello") }, -2, nil, []byte("hello"), "5"},
		{"large, in memory", "PUT", func() io.Reader { return bytes.NewReader(large) }, -2, nil, large, "500000"},
		{"streamed, counted", "POST", func() io.Reader { return onlyReader{strings.NewReader("hello")} }, 5, nil, []byte("hello"), "5"},
		{"streamed, counted, large", "POST", func() io.Reader { return onlyReader{bytes.NewReader(large)} }, 500000, nil, large, "500000"},
		{"streamed, byte by byte", "POST", func() io.Reader { return iotest.OneByteReader(strings.NewReader("hello")) }, 5, nil, []byte("hello"), "5"},
		{"end with the data", "POST", func() io.Reader { return iotest.DataErrReader(strings.NewReader("hello")) }, 5, nil, []byte("hello"), "5"},
		{"chunked", "POST", func() io.Reader { return onlyReader{strings.NewReader("hello")} }, -1, nil, []byte("hello"), "chunked"},
		{"chunked, length zero means unknown", "POST", func() io.Reader { return onlyReader{strings.NewReader("hello")} }, 0, nil, []byte("hello"), "chunked"},
		{"chunked, byte by byte", "POST", func() io.Reader { return iotest.OneByteReader(strings.NewReader("hello")) }, -1, nil, []byte("hello"), "chunked"},
		{"chunked, large", "POST", func() io.Reader { return onlyReader{bytes.NewReader(large)} }, -1, nil, large, "chunked"},
		{"chunked, empty", "POST", func() io.Reader { return onlyReader{strings.NewReader("")} }, -1, nil, nil, "chunked"},
		{"trailers", "POST", func() io.Reader { return onlyReader{strings.NewReader("hello")} }, -1, http.Header{"A": {"1"}, "L5d-B": {"2"}}, []byte("hello"), "chunked"},
		{"GET with a body", "GET", func() io.Reader { return onlyReader{strings.NewReader("hello")} }, -1, nil, []byte("hello"), "chunked"},
		{"GET with an empty body", "GET", func() io.Reader { return onlyReader{strings.NewReader("")} }, -1, nil, nil, "none"},
		{"GET with a counted body", "GET", func() io.Reader { return strings.NewReader("hello") }, -2, nil, []byte("hello"), "5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			type got struct {
				body    []byte
				framed  string
				trailer http.Header
			}
			seen := make(chan got, 1)
			addr := server(t, func(w http.ResponseWriter, r *http.Request) {
				g := got{framed: "none"}
				if r.ContentLength > 0 {
					g.framed = r.Header.Get("Content-Length")
				} else if len(r.TransferEncoding) > 0 {
					g.framed = r.TransferEncoding[0]
				}
				g.body, _ = io.ReadAll(r.Body)
				g.trailer = r.Trailer
				seen <- g
			})
			transport := to(t, addr)
			var locals []string
			for range 3 {
				req := newRequest(t, c.method, c.body())
				if c.length != -2 {
					req.ContentLength = c.length
				}
				req.Trailer = c.trailer
				o := &observed{Context: context.Background()}
				resp := roundTrip(t, transport, req.WithContext(o))
				readAll(t, resp)
				g := <-seen
				if !bytes.Equal(g.body, c.want) || g.framed != c.framed {
					t.Fatalf("%d bytes, %s", len(g.body), g.framed)
				}
				for k := range c.trailer {
					if g.trailer.Get(k) != c.trailer.Get(k) {
						t.Errorf("trailer %v", g.trailer)
					}
				}
				if s := o.inAnyOrder(); s != "conn first wrote" {
					t.Errorf("observed %s", s)
				}
				locals = append(locals, o.local.String())
			}
			if len(slices.Compact(locals)) != 1 {
				t.Errorf("connections: %v", locals)
			}
		})
	}
}

// onlyReader hides everything but Read.
type onlyReader struct{ io.Reader }

// TestBodyOfWrongLength: the peer must not take a broken body for a whole one.
func TestBodyOfWrongLength(t *testing.T) {
	for name, c := range map[string]struct {
		body   io.Reader
		length int64
		cause  error
	}{
		"shorter": {onlyReader{strings.NewReader("hell")}, 5, io.ErrUnexpectedEOF},
		"longer":  {onlyReader{strings.NewReader("hello!")}, 5, h1.ErrInvalidRequest},
		"broken":  {io.MultiReader(strings.NewReader("he"), iotest.ErrReader(io.ErrClosedPipe)), 5, io.ErrClosedPipe},
		"broken, chunked": {io.MultiReader(strings.NewReader("he"), iotest.ErrReader(io.ErrClosedPipe)), -1,
			io.ErrClosedPipe},
	} {
		t.Run(name, func(t *testing.T) {
			whole := make(chan bool, 1)
			addr := server(t, func(w http.ResponseWriter, r *http.Request) {
				_, err := io.ReadAll(r.Body)
				whole <- err == nil
			})
			body := newClosing(c.body)
			req := newRequest(t, "POST", body)
			req.ContentLength = c.length
			_, err := to(t, addr).RoundTrip(req)
			if !errors.Is(err, c.cause) {
				t.Errorf("%v", err)
			}
			wantError(t, err, h1.OpBody, h1.Some, false)
			if <-whole {
				t.Error("the peer got a whole request")
			}
			<-body.done
		})
	}
}

// TestEarlyAnswer: the answer comes, and is read, while the body still goes out.
func TestEarlyAnswer(t *testing.T) {
	for _, length := range []int64{-1, 1 << 20, 5} {
		for _, answer := range []string{
			"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno",
			"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno",
			"HTTP/1.1 413 Content Too Large\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
		} {
			ps := newPeers(t, func(p *peer) {
				p.head()
				p.send(answer)
				_, _ = io.Copy(io.Discard, p)
			})
			pr, pw := io.Pipe()
			req := newRequest(t, "POST", pr)
			req.ContentLength = length
			transport := to(t, ps.addr)
			resp := roundTrip(t, transport, req)
			if body := readAll(t, resp); resp.StatusCode != 413 || body != "no" {
				t.Errorf("%d %q", resp.StatusCode, body)
			}
			// The answer being over, nobody wants the body.
			for {
				if _, err := pw.Write([]byte("x")); err != nil {
					break
				}
			}
		}
	}
}

// TestEarlyAnswerToLargeBody: the peer answers, reads nothing more and closes.
func TestEarlyAnswerToLargeBody(t *testing.T) {
	for range 20 {
		ps := newPeers(t, func(p *peer) {
			p.head()
			p.send("HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
			_ = p.Conn.(interface{ CloseWrite() error }).CloseWrite()
			_, _ = p.Discard(1000)
			time.Sleep(5 * time.Millisecond)
		})
		req := newRequest(t, "POST", onlyReader{bytes.NewReader(make([]byte, 8<<20))})
		req.ContentLength = 8 << 20
		if resp := roundTrip(t, to(t, ps.addr), req); resp.StatusCode != 401 {
			t.Errorf("status %d", resp.StatusCode)
		}
	}
}

// TestFullDuplex: each piece of the body is answered before the next is sent.
func TestFullDuplex(t *testing.T) {
	addr := server(t, func(w http.ResponseWriter, r *http.Request) {
		rc := http.NewResponseController(w)
		_ = rc.EnableFullDuplex()
		w.WriteHeader(200)
		_ = rc.Flush()
		buf := make([]byte, 1)
		for {
			n, err := r.Body.Read(buf)
			_, _ = w.Write(buf[:n])
			_ = rc.Flush()
			if err != nil {
				return
			}
		}
	})
	pr, pw := io.Pipe()
	req := newRequest(t, "POST", pr)
	resp := roundTrip(t, to(t, addr), req)
	for _, want := range []byte("hello") {
		_, _ = pw.Write([]byte{want})
		got := make([]byte, 1)
		if _, err := io.ReadFull(resp.Body, got); err != nil || got[0] != want {
			t.Fatalf("%q, %v", got, err)
		}
	}
	pw.Close()
	if rest := readAll(t, resp); rest != "" {
		t.Errorf("%q", rest)
	}
}

func TestExpectContinue(t *testing.T) {
	for _, c := range []struct {
		name   string
		before string // the peer sends it when it has the head
		after  string // and this when it has the body; empty: it does not read it
		status int
		steps  string
		kept   bool
	}{
		{"continued", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "Continue conn first wrote", true},
		{"silence", "", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "conn first wrote", true},
		{"another 1xx", "HTTP/1.1 102 Processing\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "Processing conn first wrote", true},
		{"part of a head", "HTTP/1.1 1", "00 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "Continue conn first wrote", true},
		{"refused", "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n", "", 417, "conn first", false},
		{"answered at once", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "", 200, "conn first", false},
	} {
		for _, counted := range []bool{true, false} {
			t.Run(c.name, func(t *testing.T) {
				bodies := make(chan string, 10)
				ps := newPeers(t, func(p *peer) {
					for p.head() != "" {
						p.send(c.before)
						if c.after == "" {
							rest, _ := io.ReadAll(p)
							bodies <- string(rest)
							return
						}
						body := make([]byte, 5)
						if !counted {
							body = make([]byte, len("5\r\nhello\r\n0\r\n\r\n"))
						}
						_, _ = io.ReadFull(p, body)
						bodies <- string(body)
						p.send(c.after)
					}
				})
				transport := newTransport(t, h1.Config{Addr: ps.addr, ExpectContinueTimeout: 20 * time.Millisecond})
				for range 2 {
					o := &observed{Context: context.Background()}
					body := newClosing(strings.NewReader("hello"))
					req := newRequestWith(t, o, "POST", body)
					req.Header.Set("Expect", "100-continue")
					req.ContentLength = -1
					if counted {
						req.ContentLength = 5
					}
					resp := roundTrip(t, transport, req)
					readAll(t, resp)
					if steps := o.inAnyOrder(); resp.StatusCode != c.status || steps != c.steps {
						t.Errorf("%d, %s", resp.StatusCode, steps)
					}
					if got := <-bodies; strings.Contains(got, "hello") != (c.after != "") {
						t.Errorf("the peer got %q", got)
					}
					<-body.done
				}
				if (ps.count.Load() == 1) != c.kept {
					t.Errorf("%d connections", ps.count.Load())
				}
			})
		}
	}
}

// TestExpectContinueServer is the same with net/http's server.
func TestExpectContinueServer(t *testing.T) {
	addr := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("q") == "1" {
			_, _ = io.Copy(w, r.Body)
		}
	})
	transport := newTransport(t, h1.Config{Addr: addr, ExpectContinueTimeout: time.Hour})
	for range 3 {
		req := newRequest(t, "POST", strings.NewReader("hello"))
		req.Header.Set("Expect", "100-continue")
		if got := readAll(t, roundTrip(t, transport, req)); got != "hello" {
			t.Errorf("%q", got)
		}
		req = newRequest(t, "POST", strings.NewReader("hello"))
		req.URL.RawQuery = ""
		req.Header.Set("Expect", "100-continue")
		if got := readAll(t, roundTrip(t, transport, req)); got != "" {
			t.Errorf("%q", got)
		}
	}
}

func TestInformational(t *testing.T) {
	ps := answering(t, "HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
	o := &observed{Context: context.Background()}
	roundTrip(t, to(t, ps.addr), newRequestWith(t, o, "GET", nil))
	if s := o.all(); s != "conn wrote first Early Hintsa Early Hintsb" {
		t.Errorf("observed %s", s)
	}
	o = &observed{Context: context.Background(), refuse: io.ErrNoProgress}
	_, err := to(t, ps.addr).RoundTrip(newRequestWith(t, o, "GET", nil))
	if !errors.Is(err, io.ErrNoProgress) {
		t.Errorf("%v", err)
	}
}
