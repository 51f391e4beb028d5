package h1_test

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// TestRequestHeads: the head that is written, with its header lines sorted.
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
		{name: "Host without zone, without port", change: func(r *http.Request) { r.Host = "[%en0]" }, line: "GET /path?q=1 HTTP/1.1", lines: []string{"Host: []"}},
		{name: "Host with an open bracket", change: func(r *http.Request) { r.Host = "[fe80::1%25en0" }, line: "GET /path?q=1 HTTP/1.1", lines: []string{"Host: [fe80::1%25en0"}},
		{name: "CONNECT", method: "CONNECT", change: target(url.URL{Host: "h:1"}), line: "CONNECT h:1 HTTP/1.1", lines: []string{"Host: h:1"}},
		{name: "CONNECT with an opaque authority", method: "CONNECT", change: target(url.URL{Host: "h:1", Opaque: "i:2"}), line: "CONNECT i:2 HTTP/1.1", lines: []string{"Host: h:1"}},
		{name: "CONNECT with a path", method: "CONNECT", change: target(url.URL{Host: "h:1", Path: "/p"}), line: "CONNECT /p HTTP/1.1", lines: []string{"Host: h:1"}},
		{name: "all that may stand in a target", change: target(url.URL{Host: "h", Path: "/", RawQuery: "!~\x80\xff"}), line: "GET /?!~\x80\xff HTTP/1.1", lines: []string{"Host: h"}},
		{name: "trailers", method: "POST", change: func(r *http.Request) {
			r.Body, r.ContentLength, r.Trailer = io.NopCloser(strings.NewReader("")), -1, http.Header{"B": nil, "A": nil, "L5d-C": nil}
		}, line: "POST /path?q=1 HTTP/1.1", lines: []string{"Host: example.test", "Trailer: A,B,L5d-C", "Transfer-Encoding: chunked"}},
		{name: "names of traces in lower case", change: func(r *http.Request) {
			r.Header = http.Header{"B3": {"1"}, "Traceparent": {"2"}, "Tracestate": {"3"}, "X-B3-TraceId": {"4"}, "L5d-AZaz": {"5"}, "X-B3": {"6"}, "Baggage": {"7"}}
		}, line: "GET /path?q=1 HTTP/1.1", lines: []string{"Baggage: 7", "Host: example.test", "X-B3: 6", "b3: 1", "l5d-azaz: 5", "traceparent: 2", "tracestate: 3", "x-b3-traceid: 4"}},
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

// TestRefusedRequests: nothing of these requests is written, and no connection is made.
func TestRefusedRequests(t *testing.T) {
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header[name] = []string{value} }
	}
	for name, change := range map[string]func(r *http.Request){
		"space in method": func(r *http.Request) { r.Method = "GET /x" },
		"CRLF in method":  func(r *http.Request) { r.Method = "GET\r\n" },
		"no URL":          func(r *http.Request) { r.URL = nil },
		"space in query":  func(r *http.Request) { r.URL.RawQuery = "a b" },
		"CRLF in query":   func(r *http.Request) { r.URL.RawQuery = "a\r\nb" },
		"DEL in query":    func(r *http.Request) { r.URL.RawQuery = "\x7f" },
		"DEL in value":    header("A", "b\x7fc"),
		"DEL in name":     header("A\x7f", "c"),
		"an empty target": func(r *http.Request) {
			r.Method, r.Host, r.URL = "CONNECT", "", &url.URL{}
			r.Body, r.ContentLength = nil, 0
		},
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
			ps := responding(t, "")
			req := newRequest(t, "POST", strings.NewReader("body"))
			change(req)
			closed := &closing{body: req.Body}
			if req.Body != nil {
				req.Body = closed
			}
			_, err := to(t, ps.addr).RoundTrip(req)
			op := relay.OpRequest
			if strings.HasPrefix(name, "a body") {
				op = relay.OpBody
			} else if !errors.Is(err, h1.ErrInvalidRequest) {
				t.Errorf("%v", err)
			}
			wantError(t, err, op, wroteNothing, false)
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
