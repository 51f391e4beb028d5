package proxy_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// messageConduct is where a response begins and ends.
func messageConduct() []conduct {
	return []conduct{
		responseRow("HEAD with a length", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 12345\r\n\r\n", "200 OK", "Content-Length: 12345", `""`),
		responseRow("HEAD of a chunked response", "HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "200 OK", `""`),
		responseRow("204", "GET", "HTTP/1.1 204 No Content\r\n\r\n", "204 No Content", `""`),
		responseRow("304", "GET", "HTTP/1.1 304 Not Modified\r\nEtag: \"x\"\r\n\r\n", "304 Not Modified", `""`),
		responseRow("a redirection is the client's to follow", "GET", "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n", "302 Found", "Content-Length: 0", `""`),
		responseRow("a status that has no name", "GET", "HTTP/1.1 345 Lucky\r\nContent-Length: 2\r\n\r\nhi", "345 status code 345", "Content-Length: 2", `"hi"`),
		responseRow("an error with a body", "GET", "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nhi", "503 Service Unavailable", "Content-Length: 2", `"hi"`),
		responseRow("chunks", "GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;ext=1\r\nhi\r\n0\r\n\r\n", "200 OK", "Transfer-Encoding: chunked", `"2\r\nhi\r\n0\r\n\r\n"`),
		responseRow("chunks win over a length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", "200 OK", "Transfer-Encoding: chunked", `"2\r\nhi\r\n0\r\n\r\n"`),
		responseRow("until the connection closes", "GET", "HTTP/1.1 200 OK\r\n\r\nhi"+closeMark, "200 OK", "Transfer-Encoding: chunked", `"2\r\nhi\r\n0\r\n\r\n"`),
		responseRow("of HTTP/1.0", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi"+closeMark, "200 OK", "Content-Length: 2", `"hi"`),
		{
			name: "two lengths that contradict each other",
			watch: func(t *testing.T, start starter) []string {
				backend, _ := recorder(t, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!"+closeMark)
				head, _ := raw(t, start(t, backend), get(""))
				return whole(head)[:1]
			},
			want: []string{"HTTP/1.1 502 Bad Gateway"},
		},
		{
			name: "chunks for a client of HTTP/1.0",
			watch: func(t *testing.T, start starter) []string {
				backend, _ := recorder(t, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n")
				head, body := raw(t, start(t, backend), "GET / HTTP/1.0\r\nHost: web\r\n\r\n")
				return append(pick("< ", head, "Transfer-Encoding", "Content-Length"), body)
			},
			want: []string{"hi"},
		},
		{
			name: "HTTP/1.0 without a Host",
			watch: func(t *testing.T, start starter) []string {
				backend, _ := recorder(t, empty)
				head, _ := raw(t, start(t, backend), "GET / HTTP/1.0\r\n\r\n")
				return whole(head)[:1]
			},
			want:  []string{"HTTP/1.0 400 Bad Request"},
			stock: []string{"HTTP/1.0 200 OK"},
			why:   "a hop has no other name to route by",
		},
		{
			name: "ranges",
			watch: func(t *testing.T, start starter) (saw []string) {
				backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Etag", `"e"`)
					http.ServeContent(w, r, "x.txt", time.Unix(0, 0), bytes.NewReader([]byte("0123456789")))
				}))
				addr := start(t, backend)
				for _, line := range []string{
					"Range: bytes=2-5", "Range: bytes=-3", "Range: bytes=20-", "Range: bytes=0-0,9-9",
					"Range: bytes=2-5\r\nIf-Range: \"other\"", "If-None-Match: \"e\"", "If-Match: \"other\"",
				} {
					head, body := raw(t, addr, get(line+"\r\n"))
					status := strings.Fields(head)[1]
					if strings.Contains(head, "multipart/byteranges") {
						body = fmt.Sprint(strings.Count(body, "Content-Range: "), " parts")
					}
					saw = append(saw, fmt.Sprint(status, pick(" ", head, "Content-Range"), " ", body))
				}
				return saw
			},
			want: []string{
				"206[ Content-Range: bytes 2-5/10] 2345", "206[ Content-Range: bytes 7-9/10] 789",
				"416[ Content-Range: bytes */10] invalid range: failed to overlap\n", "206[] 2 parts",
				"200[] 0123456789", "304[] ", "412[] ",
			},
		},
		{
			name: "the backend's close is not the client's",
			watch: func(t *testing.T, start starter) (saw []string) {
				backend, _ := recorder(t, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi"+closeMark)
				conn, in := dial(t, start(t, backend))
				for range 3 {
					io.WriteString(conn, "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
					saw = append(saw, responseOf(t, in, "GET"))
				}
				return saw
			},
			want: []string{`200 "hi"`, `200 "hi"`, `200 "hi"`},
		},
		{
			name: "the client's close is not the backend's",
			watch: func(t *testing.T, start starter) []string {
				var connections atomic.Int64
				backend := startCounted(t, &connections)
				addr := start(t, backend)
				for range 3 {
					raw(t, addr, get(""))
				}
				return []string{fmt.Sprint("connections: ", connections.Load())}
			},
			want: []string{"connections: 1"},
		},
		{
			name: "requests that come at once get their responses in turn",
			watch: func(t *testing.T, start starter) (saw []string) {
				backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					fmt.Fprint(w, r.Method, r.RequestURI, string(body))
				}))
				conn, in := dial(t, start(t, backend))
				io.WriteString(conn, "GET /1 HTTP/1.1\r\nHost: web\r\n\r\nPOST /2 HTTP/1.1\r\nHost: web\r\nContent-Length: 2\r\n\r\nhiGET /3 HTTP/1.1\r\nHost: web\r\n\r\n")
				for range 3 {
					saw = append(saw, responseOf(t, in, "GET"))
				}
				return saw
			},
			want: []string{`200 "GET/1"`, `200 "POST/2hi"`, `200 "GET/3"`},
		},
	}
}

// responseRow is a row about one response's status line, framing and body.
func responseRow(name, method, response string, want ...string) conduct {
	return conduct{
		name: "response: " + name,
		watch: func(t *testing.T, start starter) []string {
			backend, _ := recorder(t, response)
			head, body := raw(t, start(t, backend), strings.Replace(get(""), "GET", method, 1))
			status, _, _ := strings.Cut(strings.TrimPrefix(head, "HTTP/1.1 "), "\r\n")
			saw := append([]string{status}, pick("", head, "Content-Length", "Transfer-Encoding")...)
			return append(saw, fmt.Sprintf("%q", body))
		},
		want: want,
	}
}

// responseOf reads a response and shows its status and body.
func responseOf(t testing.TB, in *bufio.Reader, method string) string {
	t.Helper()
	resp, err := http.ReadResponse(in, &http.Request{Method: method})
	if err != nil {
		return "no response: " + err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Sprintf("%d broken", resp.StatusCode)
	}
	return fmt.Sprintf("%d %q", resp.StatusCode, body)
}

// startCounted starts a backend that counts its connections.
func startCounted(t testing.TB, connections *atomic.Int64) string {
	t.Helper()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hi") }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}
