package proxy_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

// headConduct is what becomes of header lines.
func headConduct() []conduct {
	return []conduct{
		{
			name: "all of a request's head",
			watch: func(t *testing.T, start starter) []string {
				backend, got := recorder(t, empty)
				raw(t, start(t, backend), get("X-Foo: bar\r\nX-Multi: a\r\nX-Multi: b\r\n"))
				return whole(got())
			},
			want: []string{
				"GET / HTTP/1.1", "Host: web", "Via: 1.1 linkerd (R.N)", "X-Foo: bar", "X-Multi: a", "X-Multi: b",
				"l5d-ctx-trace: *", "l5d-dst-client: /#/fake/web", "l5d-dst-service: /svc/web", "l5d-reqid: *",
			},
			stock: []string{"GET / HTTP/1.1", "Host: web", "X-Foo: bar", "X-Forwarded-For: 127.0.0.1", "X-Multi: a", "X-Multi: b"},
			why:   "a hop adds Via and its context, and leaves it to the edge to say whom a request is for",
		},
		{
			name: "all of a response's head",
			watch: func(t *testing.T, start starter) []string {
				backend, _ := recorder(t, "HTTP/1.1 404 Gone Fishing\r\nX-Foo: bar\r\nX-Multi: a\r\nX-Multi: b\r\nDate: today\r\nServer: s\r\n"+
					"Set-Cookie: flavor=chip\r\nSet-Cookie: size=big\r\nTrailers: an ordinary name\r\nContent-Type: a/b\r\nContent-Length: 2\r\n\r\nhi")
				head, body := raw(t, start(t, backend), get(""))
				return append(whole(head), body)
			},
			want: []string{
				"HTTP/1.1 404 Not Found", "Connection: close", "Content-Length: 2", "Content-Type: a/b", "Date: today", "Server: s", "Set-Cookie: flavor=chip",
				"Set-Cookie: size=big", "Trailers: an ordinary name", "Via: 1.1 linkerd", "X-Foo: bar", "X-Multi: a", "X-Multi: b", "l5d-success-class: 1.0", "hi",
			},
			stock: []string{
				"HTTP/1.1 404 Not Found", "Connection: close", "Content-Length: 2", "Content-Type: a/b", "Date: today", "Server: s", "Set-Cookie: flavor=chip",
				"Set-Cookie: size=big", "Trailers: an ordinary name", "X-Foo: bar", "X-Multi: a", "X-Multi: b", "hi",
			},
			why: "a hop adds Via and says what the response counts as",
		},
		{
			name: "what concerns one connection stays there",
			watch: onTheWire(
				get("Proxy-Authorization: x\r\nProxy-Authenticate: x\r\nUpgrade: foo\r\nTE: gzip\r\nTrailer: X\r\n"),
				"HTTP/1.1 200 OK\r\nProxy-Authorization: x\r\nProxy-Authenticate: x\r\nUpgrade: foo\r\nTE: gzip\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"+closeMark,
				"Proxy-Authorization", "Proxy-Authenticate", "Upgrade", "TE", "Trailer", "Transfer-Encoding", "Connection"),
			want: []string{"< Connection: close"}, // the proxy's own word to a client that asked for it
		},
		{
			name: "the client may be told of trailers",
			watch: onTheWire(get("TE: gzip\r\nTE: deflate, trailers\r\n"), empty,
				"TE"),
			stock: []string{"> Te: trailers"},
			why:   "TE is on Linkerd's list; trailers are passed on whether or not they were asked for",
		},
		{
			name: "old names for the connection",
			watch: onTheWire(get("Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n"), "HTTP/1.1 200 OK\r\nKeep-Alive: timeout=6\r\nProxy-Connection: x\r\nContent-Length: 0\r\n\r\n",
				"Keep-Alive", "Proxy-Connection"),
		},
		{
			name: "old names for the connection, named",
			watch: onTheWire(get("Connection: Keep-Alive, Proxy-Connection\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\n"),
				"HTTP/1.1 200 OK\r\nConnection: keep-alive,proxy-connection\r\nKeep-Alive: timeout=6\r\nProxy-Connection: x\r\nContent-Length: 0\r\n\r\n",
				"Keep-Alive", "Proxy-Connection"),
		},
		{
			name: "what Connection names, in several lines, some empty",
			watch: onTheWire(
				get("Connection: Upgrade, X-Token,,\r\nConnection:\r\nConnection: x-other , \tX-TAB\r\nX-Token: 1\r\nX-Other: 2\r\nX-Tab: 3\r\nX-Stays: 4\r\n"),
				"HTTP/1.1 200 OK\r\nConnection: Upgrade, X-Token\r\nConnection:\r\nConnection: x-other\r\nX-Token: 1\r\nX-Other: 2\r\nX-Stays: 4\r\nContent-Length: 0\r\n\r\n",
				"Connection", "Upgrade", "X-Token", "X-Other", "X-Tab", "X-Stays"),
			want: []string{"> X-Stays: 4", "< Connection: close", "< X-Stays: 4"},
		},
		{
			name: "framing that Connection names",
			watch: onTheWire(
				"POST / HTTP/1.1\r\nHost: web\r\nConnection: close, Content-Length, Host\r\nContent-Length: 0\r\n\r\n",
				"HTTP/1.1 200 OK\r\nConnection: Content-Length\r\nContent-Length: 0\r\n\r\n",
				"Host", "Content-Length"),
			want: []string{"> Host: web", "> Content-Length: 0", "< Content-Length: 0"},
		},
		{
			name: "User-Agent",
			watch: func(t *testing.T, start starter) (saw []string) {
				backend, got := recorder(t, empty)
				addr := start(t, backend)
				for _, line := range []string{"User-Agent: explicit\r\n", ""} {
					raw(t, addr, get(line))
					saw = append(saw, fmt.Sprintf("%q", pick("", got(), "User-Agent")))
				}
				return saw
			},
			want: []string{`["User-Agent: explicit"]`, `[]`},
		},
		{
			name: "X-Forwarded-For",
			watch: onTheWire(get("X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-For: 10.0.0.2\r\nX-Forwarded-Host: h\r\nX-Forwarded-Proto: p\r\nForwarded: for=_x\r\n"), empty,
				"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded"),
			want:  []string{"> X-Forwarded-For: 10.0.0.1", "> X-Forwarded-For: 10.0.0.2", "> X-Forwarded-Host: h", "> X-Forwarded-Proto: p", "> Forwarded: for=_x"},
			stock: []string{"> X-Forwarded-For: 10.0.0.1, 10.0.0.2, 127.0.0.1", "> X-Forwarded-Host: h", "> X-Forwarded-Proto: p", "> Forwarded: for=_x"},
			why:   "in the mesh who sends the request is a hop or a service, not the client that these headers are about",
		},
		{
			name: "X-Forwarded-For, next to Rewrite",
			watch: func(t *testing.T, start starter) []string {
				backend, got := recorder(t, empty)
				raw(t, start(t, backend, rewriting), get("X-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Host: h\r\nX-Forwarded-Proto: p\r\nForwarded: for=_x\r\n"))
				return pick("> ", got(), "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded")
			},
			want:  []string{"> X-Forwarded-For: 10.0.0.1", "> X-Forwarded-Host: h", "> X-Forwarded-Proto: p", "> Forwarded: for=_x"},
			stock: []string{},
			why:   "what an edge has said is for the services behind it",
		},
		{
			name:  "a client's certificate",
			watch: onTheWire(get("X-Forwarded-Client-Cert: Hash=1\r\n"), empty, "X-Forwarded-Client-Cert"),
			want:  nil,
			stock: []string{"> X-Forwarded-Client-Cert: Hash=1"},
			why:   "only a hop that saw the certificate may vouch for it",
		},
		{
			name:  "no coding is asked for but the client's",
			watch: onTheWire(get(""), "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x1f\x8b", "Accept-Encoding", "Content-Encoding", "Content-Length"),
			want:  []string{"< Content-Encoding: gzip", "< Content-Length: 2"},
		},
		{
			name:  "no type is guessed",
			watch: onTheWire(get(""), "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", "Content-Type"),
			want:  nil,
			stock: []string{"< Content-Type: text/html; charset=utf-8"},
			why:   "a response is passed on as it was given",
		},
		{
			name: "large heads of responses",
			watch: func(t *testing.T, start starter) []string {
				var lines strings.Builder
				for i := range 200 {
					fmt.Fprintf(&lines, "X-Many: %d %s\r\n", i, strings.Repeat("v", 200))
				}
				backend, _ := recorder(t, "HTTP/1.1 200 OK\r\n"+lines.String()+"Content-Length: 0\r\n\r\n")
				head, _ := raw(t, start(t, backend), get(""))
				got := strings.Join(pick("", head, "X-Many"), "\r\n") + "\r\n"
				return []string{fmt.Sprint("every line, in order: ", got == lines.String())}
			},
			want: []string{"every line, in order: true"},
		},
		{
			name: "large heads of requests",
			watch: func(t *testing.T, start starter) []string {
				backend, _ := recorder(t, empty)
				head, _ := raw(t, start(t, backend), get(strings.Repeat("X-Many: "+strings.Repeat("v", 100)+"\r\n", 90)))
				return whole(head)[:1]
			},
			want:  []string{"HTTP/1.1 431 Request Header Fields Too Large"},
			stock: []string{"HTTP/1.1 200 OK"},
			why:   "Linkerd's maxHeadersKB is 8 unless it is configured",
		},
		{
			name: "headers of middleware stay in the response",
			watch: func(t *testing.T, start starter) []string {
				backend, _ := recorder(t, "HTTP/1.1 200 OK\r\nX-Back: 1\r\nSet-Cookie: back=1\r\nContent-Length: 0\r\n\r\n")
				addr := start(t, backend, wrapped(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
					w.Header().Set("X-Front", "1")
					w.Header().Set("Set-Cookie", "front=1")
					next.ServeHTTP(w, r)
				}))
				head, _ := raw(t, addr, get(""))
				return pick("< ", head, "X-Front", "X-Back", "Set-Cookie")
			},
			want: []string{"< X-Front: 1", "< X-Back: 1", "< Set-Cookie: front=1", "< Set-Cookie: back=1"},
		},
		{
			name: "middleware gets its request back as it was",
			watch: func(t *testing.T, start starter) []string {
				backend, _ := recorder(t, empty)
				var before, after string
				addr := start(t, backend, wrapped(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
					show := func() string {
						return fmt.Sprint(r.Method, " ", r.RequestURI, " ", r.URL, " ", r.Host, " ", r.Close, " ", r.ContentLength, " ", r.Header)
					}
					before = show()
					next.ServeHTTP(w, r)
					after = show()
				}))
				raw(t, addr, get("Connection: Upgrade, X-Token\r\nX-Token: 1\r\nTE: trailers\r\nl5d-ctx-thing: 1\r\nl5d-dtab: /a=>/b\r\n"))
				return []string{fmt.Sprint("unchanged: ", before == after)}
			},
			want: []string{"unchanged: true"},
		},
		{
			name: "a request whose header map is nil",
			watch: func(t *testing.T, start starter) []string {
				backend, _ := recorder(t, empty)
				addr := start(t, backend, wrapped(func(next http.Handler, w http.ResponseWriter, r *http.Request) {
					r.Header = nil
					defer func() {
						if p := recover(); p != nil {
							http.Error(w, fmt.Sprint("panic: ", p), http.StatusTeapot)
						}
					}()
					next.ServeHTTP(w, r)
				}))
				head, _ := raw(t, addr, get(""))
				return whole(head)[:1]
			},
			want: []string{"HTTP/1.1 200 OK"},
		},
	}
}

var changing = regexp.MustCompile(`^((?i)l5d-ctx-trace|l5d-reqid): .*`)

// whole is all of a head, its header lines sorted, without the values that no
// two requests share.
func whole(head string) []string {
	lines := strings.Split(strings.TrimSuffix(head, "\r\n\r\n"), "\r\n")
	for i, line := range lines {
		lines[i] = changing.ReplaceAllString(line, "$1: *")
	}
	slices.Sort(lines[1:])
	return lines
}
