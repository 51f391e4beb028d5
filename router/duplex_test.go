package router_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// upload is a body of many bytes that are there at once. done says that it was
// closed.
type upload struct {
	io.Reader
	done chan struct{}
}

func newUpload(n int64) *upload {
	return &upload{io.LimitReader(zeroes{}, n), make(chan struct{})}
}

func (u *upload) Close() error { close(u.done); return nil }

type zeroes struct{}

func (zeroes) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// early is a replica that begins to answer while it does not read: the upload is in
// the middle of a Write then. It reads on when it is told, and ends its response with
// how much there was.
func early(t *testing.T) (addr string, readOn chan<- bool) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	told, done := make(chan bool, 1), make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			t.Error(err)
			return
		}
		time.Sleep(100 * time.Millisecond) // for what lies between to fill up
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n")
		<-told
		n, err := io.Copy(io.Discard, r.Body)
		text := fmt.Sprintf(" and read %d bytes, %v", n, err)
		fmt.Fprintf(conn, "%x\r\n%s\r\n0\r\n\r\n", len(text), text)
	}()
	t.Cleanup(func() { l.Close(); close(told); <-done })
	return l.Addr().String(), told
}

// TestUploadGoesOn: a request's body is sent on after the response has begun, and
// closed when it was sent.
func TestUploadGoesOn(t *testing.T) {
	const size = 64 << 20
	addr, readOn := early(t)
	f := start(t, sockets)
	f.names.Bind("/web", addr)
	r, body := request(t, "web"), newUpload(size)
	r.Method, r.Body, r.ContentLength = "POST", body, size
	resp, err := f.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	readOn <- true
	all, err := io.ReadAll(resp.Body)
	if want := fmt.Sprintf("begun and read %d bytes, <nil>", size); err != nil || string(all) != want {
		t.Errorf("%q, %v; want %q", all, err, want)
	}
	resp.Body.Close()
	<-body.done
}

// TestUploadEndsWithTheResponse: a caller who closes the response's body while the
// request's is still sent ends both, and nothing is left.
func TestUploadEndsWithTheResponse(t *testing.T) {
	const size = 64 << 20
	addr, _ := early(t)
	f := start(t, sockets)
	f.names.Bind("/web", addr)
	r, body := request(t, "web"), newUpload(size)
	r.Method, r.Body, r.ContentLength = "POST", body, size
	resp, err := f.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	begun := make([]byte, 5)
	if _, err := io.ReadFull(resp.Body, begun); err != nil || !strings.HasPrefix(string(begun), "begun") {
		t.Errorf("%q, %v", begun, err)
	}
	resp.Body.Close()
	<-body.done
	if s := f.Stats(); s.Pending != 0 {
		t.Errorf("%+v", s)
	}
}
