package proxy_test

import (
	"fmt"
	"strings"
	"testing"

	oteltrace "go.opentelemetry.io/otel/trace"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
)

// TestRefusedEarly: what the server refuses before it comes to the handler is answered,
// counted, recorded and, if it names a host, traced as what the handler refuses.
//
// net/http: differs. Its server answers by itself, without a body of ours, and no one is
// told of the request.
func TestRefusedEarly(t *testing.T) {
	if servetest.Engine(t) == serve.NetHTTP {
		t.Skip("net/http: differs")
	}
	const context = "l5d-ctx-trace: AAAAAAAAAAEAAAAAAAAAAgAAAAAAAAADAAAAAAAAAAY=\r\n"
	for _, row := range []struct {
		name, head            string
		status                int
		reason                string // a part of it
		method, target, host  string
		traced, continued, v0 bool
	}{
		{name: "observed 7: an escape that is none", head: "GET /a/100% HTTP/1.1\r\nHost: web\r\n" + context + "\r\n", status: 400, reason: "request target",
			method: "GET", target: "/a/100%", host: "web", traced: true, continued: true},
		{name: "observed 8: no Host", head: "GET /a HTTP/1.1\r\n\r\n", status: 400, reason: "no Host field", method: "GET", target: "/a"},
		{name: "two of Host", head: "GET /a HTTP/1.1\r\nHost: web\r\nHost: web\r\n\r\n", status: 400, reason: "2 Host fields", method: "GET", target: "/a", host: "web", traced: true},
		{name: "two lengths", head: "POST /p?q HTTP/1.1\r\nHost: web\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx", status: 400, reason: "Content-Length",
			method: "POST", target: "/p?q", host: "web", traced: true},
		{name: "a coding", head: "POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: gzip\r\n\r\n", status: 501, reason: "Transfer-Encoding", method: "POST", target: "/", host: "web", traced: true},
		{name: "an expectation", head: "POST / HTTP/1.1\r\nHost: web\r\nExpect: luck\r\nContent-Length: 1\r\n\r\n", status: 417, reason: "luck", method: "POST", target: "/", host: "web", traced: true},
		{name: "a version", head: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", status: 505, reason: "HTTP/2.0", method: "PRI", target: "*"},
		{name: "no request line", head: "hello\r\n\r\n", status: 400, reason: "hello"},
		{name: "a bad line", head: "GET /a HTTP/1.1\r\nHost: web\r\nbad line\r\n\r\n", status: 400, reason: "header name", method: "GET", target: "/a", host: "web", traced: true},
		{name: "a head too long", head: "GET /a HTTP/1.0\r\nHost: web\r\nX: " + strings.Repeat("x", 1<<20+100) + "\r\n\r\n", status: 431, reason: "1048576 bytes",
			method: "GET", target: "/a", host: "web", traced: true, v0: true},
		{name: "a line too long", head: "GET /" + strings.Repeat("x", 1<<20+100) + " HTTP/1.1\r\n\r\n", status: 414, reason: "1048576 bytes"},
	} {
		t.Run(row.name, func(t *testing.T) {
			records, option := withRecords()
			h := startHop(t, startBackend(t, new(seen)), option)
			head, body := h.exchange(t, row.head)
			if first, _, _ := strings.Cut(head, "\r\n"); !strings.HasPrefix(first[len("HTTP/1.1"):], fmt.Sprintf(" %d ", row.status)) {
				t.Errorf("answered %q, want %d", first, row.status)
			}
			reason, err := ctxhdr.DecodeErr(strings.Join(lines(head, ctxhdr.ErrName), ""))
			if err != nil || !strings.Contains(reason, row.reason) || body != reason {
				t.Errorf("l5d-err %q (%v), body %q, want %q", reason, err, body, row.reason)
			}
			if closes := strings.Join(lines(head, "Connection"), ""); closes != "close" && !row.v0 {
				t.Errorf("Connection: %s", closes)
			}
			got := records.next(t)
			if got.Status != row.status || got.Method != row.method || got.Target != row.target || got.Authority != row.host || got.Err != reason || got.Kind != "protocol" || got.Continued != row.continued {
				t.Errorf("recorded %+v", got)
			}
			if s := h.server.Stats(); s.Refused != 1 || s.Requests != 0 || s.Pending != 0 {
				t.Errorf("counted %+v", s)
			}
			if s := h.conns.Stats(); s.RefusedHeads != 1 {
				t.Errorf("the server counted %+v", s)
			}
			spans := h.spans.Records()
			if !row.traced {
				if len(spans) > 0 {
					t.Errorf("spans %v", spans)
				}
				return
			}
			if len(spans) != 1 || spans[0].Kind != oteltrace.SpanKindServer || spans[0].Request.Status != row.status || spans[0].StatusText != reason || spans[0].Parent.IsValid() != row.continued {
				t.Fatalf("spans %+v", spans)
			}
		})
	}
}

// TestRefusedEarlyInSecret: with ClearContext nobody gets a reason.
func TestRefusedEarlyInSecret(t *testing.T) {
	if servetest.Engine(t) == serve.NetHTTP {
		t.Skip("net/http: differs")
	}
	h := startHop(t, startBackend(t, new(seen)), withProxy(func(c *proxy.Config) { c.ClearContext = true }))
	head, body := h.exchange(t, "GET /a/100% HTTP/1.1\r\nHost: web\r\n\r\n")
	if !strings.HasPrefix(head, "HTTP/1.1 400 ") || body != "" || len(lines(head, ctxhdr.ErrName)) > 0 {
		t.Errorf("answered %s\n\n%s", head, body)
	}
}
