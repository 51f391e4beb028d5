package proxy_test

import (
	"bufio"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/meshhop/meshhop/ctxhdr"
)

// Header names that mean something to a hop, in both the cases that a header map
// may have them in, and some that mean nothing.
var fieldNames = rapid.SampledFrom([]string{
	"Accept", "X-Foo", "x-foo", "Keep-Alive", "keep-alive", "Close", "Via", "via", "Upgrade", "Te", "te", "Proxy-Authorization", "Proxy-Authenticate", "Proxy-Connection",
	"User-Agent", "Idempotency-Key", "Content-Type", "Dtab-Local", "Connection", "connection",
	"X-Forwarded-Client-Cert", "x-forwarded-client-cert", "Finagle-Http-Retryable-Request",
	"L5d-Ctx-Trace", "l5d-ctx-trace", "L5D-CTX-TRACE", "L5d-Reqid", "l5d-reqid", "L5d-Sample", "l5d-sample", "L5d-Ctx-Dtab", "l5d-ctx-dtab", "L5d-Dtab", "l5d-dtab",
	"L5d-Dst-Service", "l5d-dst-service", "L5d-Dst-Client", "l5d-dst-client", "L5d-Dst-Residual", "l5d-dst-residual",
	"L5d-Ctx-Deadline", "l5d-ctx-deadline", "L5d-Ctx-Thing", "l5d-ctx-thing", "L5D-Thing", "L5d-Add-Context",
	"X-B3-Traceid", "x-b3-traceid", "X-B3-Spanid", "x-b3-spanid", "X-B3-Parentspanid", "X-B3-Sampled", "X-B3-Flags", "B3", "b3", "Traceparent", "traceparent", "Tracestate",
	"Baggage", "L5d_ctx_trace", "L5d.dtab", "X_b3_traceid", "HTTP2-Settings",
})

// options are what a Connection header may say.
var options = rapid.SampledFrom([]string{
	"close", "Close", "keep-alive", "KEEP-ALIVE", "x-foo", "X-FOO", "via", "host", "Content-Length", "upgrade", "Upgrade", "connection", "te", "trailer", "transfer-encoding",
	"user-agent", "expect", "idempotency-key", "content-type", "l5d-ctx-trace", "L5d-Ctx-Trace", "l5d-reqid", "l5d-dst-service", "l5d-dst-residual", "l5d-ctx-deadline",
	"l5d-ctx-dtab", "l5d-dtab", "l5d-sample", "l5d-ctx-thing", "l5d-thing", "x-b3-spanid", "traceparent", "b3", "", " ", "not a token",
	"\u212aeep-alive", "clo\u017fe", // which fold into ASCII
})

func drawValue(t *rapid.T, name string) string {
	one := func(values ...string) string { return rapid.SampledFrom(values).Draw(t, "value of "+name) }
	id := func(flags uint64) string {
		return ctxhdr.TraceID{Span: 1, Parent: 2, Trace: 3, Flags: flags}.String()
	}
	switch strings.ToLower(name) {
	case "connection":
		return strings.Join(rapid.SliceOfN(options, 0, 4).Draw(t, "options"), one(",", ", ", " ,"))
	case "l5d-ctx-trace":
		return one("", "garbage", id(0), id(2), id(6), id(1|1<<50), ctxhdr.TraceID{Span: 1, Parent: 1, Trace: 3, Wide: true}.String())
	case "l5d-sample":
		return one("", "0", "1.0", "x")
	case "l5d-ctx-dtab", "l5d-dtab":
		return one("", "/a=>/b", "/a => /b ;", "/x=>/y|/z;/q=>!")
	case "l5d-ctx-deadline":
		return one("", "1 9000000000000000000", "2 8000000000000000000", "nonsense") // in 2255 and 2223
	case "upgrade":
		return one("", "websocket", "foo/1, bar")
	case "via":
		return one("", "1.1 a", "1.0 bob, 1.1 mary")
	case "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid":
		return one("", "0000000000000001", "zz", "463ac35c9f6413ad48485a3953bb6124")
	case "x-b3-sampled", "x-b3-flags":
		return one("", "0", "1", "true")
	case "b3", "traceparent", "tracestate":
		return one("0", "00-463ac35c9f6413ad48485a3953bb6124-0000000000000001-01", "a=b")
	}
	return one("", "value", "a, b", "\xff\xfe")
}

// drawRequest returns a function that makes a request as net/http's server reads it off
// a connection, with what middleware may do to its header.
func drawRequest(t *rapid.T) func() *http.Request {
	one := func(what string, values ...string) string { return rapid.SampledFrom(values).Draw(t, what) }
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/%s\r\n", one("method", "GET", "POST", "HEAD", "PUT", "OPTIONS", "FOO"),
		one("target", "/", "/a%2Fb?x=y", "/a?", "//x/y", "http://web/", "http://other:80/p?q", "http://other", "http://other?x", "/\xe9?\xff", "/a|b"),
		one("version", "1.1", "1.0"))
	b.WriteString(one("host", "", "Host: web\r\n", "Host:\r\n", "Host: [::1]:80\r\n"))
	for _, name := range rapid.SliceOfN(fieldNames, 0, 8).Draw(t, "fields") {
		fmt.Fprintf(&b, "%s: %s\r\n", name, drawValue(t, name))
	}
	b.WriteString(one("body", "\r\n", "Content-Length: 5\r\n\r\nhello", "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
		"Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n"))
	text, added := b.String(), http.Header{}
	for _, name := range rapid.SliceOfN(fieldNames, 0, 3).Draw(t, "fields of middleware") {
		added[name] = append(added[name], drawValue(t, name))
	}
	return func() *http.Request {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		for name, values := range added {
			r.Header[name] = slices.Concat(r.Header[name], values)
		}
		return r
	}
}
