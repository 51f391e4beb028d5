package proxy_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// requestConduct is what becomes of methods and targets.
func requestConduct() []conduct {
	rows := []conduct{
		targeted("a path, byte for byte", "GET /a%2Fb%7c//c/../d;e=f HTTP/1.1", "GET /a%2Fb%7c//c/../d;e=f HTTP/1.1"),
		targeted("two slashes first", "GET //x//y HTTP/1.1", "GET //x//y HTTP/1.1"),
		targeted("a query", "GET /?us=er&x=%20y HTTP/1.1", "GET /?us=er&x=%20y HTTP/1.1"),
		targeted("an empty query", "GET /? HTTP/1.1", "GET /? HTTP/1.1"),
		targeted("a query with a semicolon", "GET /?a=1&a=2;b=3 HTTP/1.1", "GET /?a=1&a=2;b=3 HTTP/1.1"),
		targeted("a query with a broken escape", "GET /?a=1&a=%zz&b=3 HTTP/1.1", "GET /?a=1&a=%zz&b=3 HTTP/1.1"),
		targeted("a query that is a broken escape", "GET /?a=%zz HTTP/1.1", "GET /?a=%zz HTTP/1.1"),
		targeted("the absolute form", "GET http://web/x?y=http://z HTTP/1.1", "GET /x?y=http://z HTTP/1.1"),
		targeted("another method", "PROPFIND /x HTTP/1.1", "PROPFIND /x HTTP/1.1"),
		targeted("a method of one's own", "bReW /pot HTTP/1.1", "bReW /pot HTTP/1.1"),
		targeted("OPTIONS", "OPTIONS /x HTTP/1.1", "OPTIONS /x HTTP/1.1"),
		{
			name: "a query is not cleaned",
			watch: func(t *testing.T, start starter) (saw []string) {
				backend, got := recorder(t, empty)
				addr := start(t, backend, rewriting)
				for _, query := range []string{"a=1&a=2;b=3", "a=1&a=%zz&b=3", "a=%zz"} {
					raw(t, addr, strings.Replace(get(""), "/", "/?"+query, 1))
					saw = append(saw, whole(got())[0])
				}
				return saw
			},
			want:  []string{"GET /?a=1&a=2;b=3 HTTP/1.1", "GET /?a=1&a=%zz&b=3 HTTP/1.1", "GET /?a=%zz HTTP/1.1"},
			stock: []string{"GET /?a=1 HTTP/1.1", "GET /?a=1&b=3 HTTP/1.1", "GET / HTTP/1.1"},
			why:   "nothing here looks at a query, so there is no reading of it that could differ from the backend's",
		},
		{
			name: "a query of very many parameters",
			watch: func(t *testing.T, start starter) []string {
				backend, _ := recorder(t, empty)
				head, _ := raw(t, start(t, backend), strings.Replace(get(""), "/", "/?"+strings.Repeat("a=1&", 10000)+"a=1", 1))
				return whole(head)[:1]
			},
			want:  []string{"HTTP/1.1 414 Request URI Too Long"},
			stock: []string{"HTTP/1.1 200 OK"},
			why:   "Linkerd's maxInitialLineKB is 4 unless it is configured",
		},
		{
			name: "a tunnel",
			watch: func(t *testing.T, start starter) []string {
				backend, _ := recorder(t, empty)
				head, _ := raw(t, start(t, backend), "CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\nConnection: close\r\n\r\n")
				return whole(head)[:1]
			},
			want:  []string{"HTTP/1.1 501 Not Implemented"},
			stock: []string{"HTTP/1.1 200 OK"},
			why:   "a response to CONNECT would leave the client on a connection that nobody listens to",
		},
	}
	for _, test := range []struct{ name, head, body, want string }{
		{"none", "GET / HTTP/1.1\r\n", "", `GET length 0, coding [], lines [], body ""`},
		{"none, of POST", "POST / HTTP/1.1\r\nContent-Length: 0\r\n", "", `POST length 0, coding [], lines [Content-Length: 0], body ""`},
		{"none, of DELETE", "DELETE / HTTP/1.1\r\n", "", `DELETE length 0, coding [], lines [], body ""`},
		{"of GET", "GET / HTTP/1.1\r\nContent-Length: 2\r\n", "hi", `GET length 2, coding [], lines [Content-Length: 2], body "hi"`},
		{"with a length", "PUT / HTTP/1.1\r\nContent-Length: 2\r\n", "hi", `PUT length 2, coding [], lines [Content-Length: 2], body "hi"`},
		{"in chunks", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", "1\r\nh\r\n1\r\ni\r\n0\r\n\r\n", `POST length -1, coding [chunked], lines [], body "hi"`},
		{"in no chunk", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n", `POST length -1, coding [chunked], lines [], body ""`},
		{"in chunks and with a length", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n", "2\r\nhi\r\n0\r\n\r\n", `POST length -1, coding [chunked], lines [], body "hi"`},
	} {
		rows = append(rows, conduct{
			name: "body: " + test.name,
			watch: func(t *testing.T, start starter) []string {
				saw := make(chan string, 1)
				backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					saw <- fmt.Sprintf("%s length %d, coding %v, lines %v, body %q", r.Method, r.ContentLength, r.TransferEncoding, lengthLines(r.Header), body)
				}))
				raw(t, start(t, backend), test.head+"Host: web\r\nConnection: close\r\n\r\n"+test.body)
				return []string{<-saw}
			},
			want: []string{test.want},
		})
	}
	return rows
}

func lengthLines(h http.Header) (lines []string) {
	for _, value := range h["Content-Length"] {
		lines = append(lines, "Content-Length: "+value)
	}
	return lines
}

// targeted is a row about a request line.
func targeted(name, line, want string) conduct {
	return conduct{
		name: "target: " + name,
		watch: func(t *testing.T, start starter) []string {
			backend, got := recorder(t, empty)
			raw(t, start(t, backend), line+"\r\nHost: web\r\nConnection: close\r\n\r\n")
			head := got()
			return append(whole(head)[:1], pick("", head, "Host")...)
		},
		want: []string{want, "Host: web"},
	}
}
