package proxy_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// get is a request's head; lines end it with CR LF each. The client ends its
// connection with it, by a Connection line of its own.
func get(lines string) string {
	return "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n" + lines + "\r\n"
}

// raw sends bytes and returns the head and the body of what comes back.
func raw(t testing.TB, addr, request string) (head, body string) {
	t.Helper()
	return (&hop{addr: addr}).exchange(t, request)
}

// dial connects to a proxy for at most ten seconds.
func dial(t testing.TB, addr string) (*net.TCPConn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return conn.(*net.TCPConn), bufio.NewReader(conn)
}

// to makes a request for the name web through the proxy at addr.
func to(t testing.TB, addr, method string, body io.Reader) *http.Request {
	t.Helper()
	return request(t, &hop{URL: "http://" + addr}, method, body)
}

// recorder is a raw backend that keeps the head that it got last.
func recorder(t testing.TB, response string) (addr string, head func() string) {
	heads := make(chan string, 8)
	addr = rawBackend(t, func(head string) string {
		heads <- head
		return response
	})
	return addr, func() string {
		select {
		case head := <-heads:
			return head
		case <-time.After(10 * time.Second):
			t.Error("the backend got no request")
			return ""
		}
	}
}

// pick returns the lines of a head that have one of the names, in the order of
// the names.
func pick(mark, head string, names ...string) []string {
	var picked []string
	for _, name := range names {
		for line := range strings.SplitSeq(head, "\r\n") {
			if n, _, found := strings.Cut(line, ":"); found && strings.EqualFold(n, name) {
				picked = append(picked, mark+line)
			}
		}
	}
	return picked
}

// onTheWire watches the named header lines of the request as the backend gets
// it (marked >) and of the response as the client gets it (marked <).
func onTheWire(request, response string, names ...string) func(*testing.T, starter) []string {
	return func(t *testing.T, start starter) []string {
		backend, got := recorder(t, response)
		head, _ := raw(t, start(t, backend), request)
		return append(pick("> ", got(), names...), pick("< ", head, names...)...)
	}
}

// safeBuffer may be written and read at the same time.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
