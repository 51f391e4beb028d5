package h1_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/h1"
)

// TestWatchedByte: on a connection that cannot be peeked at, as with TLS, watching a client
// reads a byte of what comes next. It stays where it was, whatever of the next request had
// arrived before.
func TestWatchedByte(t *testing.T) {
	const first = "GET /slow HTTP/1.1\r\nHost: web\r\n\r\n"
	const next = "POST /next HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
	for cut := range next {
		release := make(chan struct{})
		l := &one{make(chan net.Conn, 1), make(chan struct{})}
		s := h1.New(h1.Config{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				<-release
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Errorf("cut at %d: %v", cut, err)
			}
			_, _ = io.WriteString(w, r.URL.Path+" "+string(body))
		})})
		near, far := net.Pipe()
		_ = near.SetDeadline(time.Now().Add(30 * time.Second))
		l.conn <- far
		served := make(chan error, 1)
		go func() { served <- s.Serve(l) }()
		// A write to a pipe returns when all of it was read.
		for _, piece := range []string{first + next[:cut], next[cut : cut+1]} {
			if _, err := io.WriteString(near, piece); err != nil {
				t.Fatal(err)
			}
		}
		close(release)
		rest := make(chan error, 1)
		go func() {
			_, err := io.WriteString(near, next[cut+1:])
			rest <- err
		}()
		in := bufio.NewReader(near)
		for _, want := range []string{"/slow ", "/next abc"} {
			resp, err := http.ReadResponse(in, nil)
			if err != nil {
				t.Fatalf("cut at %d: %v", cut, err)
			}
			if body, err := io.ReadAll(resp.Body); err != nil || string(body) != want || resp.StatusCode != 200 {
				t.Errorf("cut at %d: %s %q, %v", cut, resp.Status, body, err)
			}
		}
		if err := <-rest; err != nil && !strings.Contains(err.Error(), "closed") {
			t.Error(err)
		}
		near.Close()
		close(l.end)
		<-served
		s.Close()
	}
}
