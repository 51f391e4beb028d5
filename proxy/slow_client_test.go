package proxy_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
)

// TestSlowBodyThroughHop: the client is told, and the endpoint gets no request
// that ends as if it were whole.
func TestSlowBodyThroughHop(t *testing.T) {
	broken := make(chan error, 1)
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		broken <- err
	})))
	s := servetest.StartWith(t, h.server, serve.Config{BodyTimeout: 300 * time.Millisecond})
	c := s.Dial(t)
	c.Send(t, "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\n12")
	if status, last := c.Response(t); status != http.StatusRequestTimeout || !last {
		t.Errorf("status %d, last: %v", status, last)
	}
	if err := <-broken; err == nil {
		t.Error("the endpoint got a body that seems complete")
	}
	if got := s.Stats(); got.BodyTimeouts != 1 {
		t.Errorf("counted %+v", got)
	}
}

// TestSlowReadersOnSockets: what the kernel moves from an endpoint's connection to
// the client's is cut off if the client does not take it, and not if the client
// is slow, or the endpoint.
func TestSlowReadersOnSockets(t *testing.T) {
	const limit = time.Second
	size := 64 << 20
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		length := size
		if r.URL.Path == "/pause" {
			length = 1 << 20
		}
		w.Header().Set("Content-Length", fmt.Sprint(length))
		if r.URL.Path == "/pause" {
			w.Write(make([]byte, length/2))
			http.NewResponseController(w).Flush()
			time.Sleep(3 * limit)
			length -= length / 2
		}
		for piece := make([]byte, 64<<10); length > 0; length -= len(piece) {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})))
	s := servetest.StartWith(t, h.server, serve.Config{ResponseTimeout: limit})
	t.Run("a slow endpoint", func(t *testing.T) {
		t.Parallel()
		c := s.Dial(t)
		c.Send(t, "GET /pause HTTP/1.1\r\nHost: web\r\n\r\n")
		c.Response(t)
	})
	t.Run("a slow client", func(t *testing.T) {
		t.Parallel()
		c := s.Dial(t)
		c.SetDeadline(time.Now().Add(time.Minute))
		c.Conn.(*net.TCPConn).SetReadBuffer(64 << 10)
		c.Send(t, "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
		for began := time.Now(); time.Since(began) < 4*limit; time.Sleep(20 * time.Millisecond) {
			if _, err := io.CopyN(io.Discard, c.In, 16<<10); err != nil {
				t.Fatalf("after %v: %v", time.Since(began), err)
			}
		}
	})
	t.Run("a client that takes nothing", func(t *testing.T) {
		t.Parallel()
		c := s.Dial(t)
		c.SetDeadline(time.Now().Add(time.Minute))
		c.Conn.(*net.TCPConn).SetReadBuffer(64 << 10)
		c.Send(t, "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
		for deadline := time.Now().Add(30 * time.Second); s.Stats().ResponseTimeouts == 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("it is still waited for")
			}
		}
		if n, err := io.Copy(io.Discard, c.In); err == nil && n >= int64(size) {
			t.Error("it got all")
		}
	})
	t.Cleanup(func() {
		if got := s.Stats(); got.ResponseTimeouts != 1 {
			t.Errorf("counted %+v", got)
		}
	})
}

// TestResponseTimeoutCountsFromTheLastByte: a client that has taken some of a large
// response has the limit from then on, and not twice.
func TestResponseTimeoutCountsFromTheLastByte(t *testing.T) {
	t.Parallel()
	const limit = 4 * time.Second
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(64<<20))
		for piece := make([]byte, 64<<10); ; {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})))
	s := servetest.StartWith(t, h.server, serve.Config{ResponseTimeout: limit})
	c := s.Dial(t)
	c.Conn.(*net.TCPConn).SetReadBuffer(64 << 10)
	c.Send(t, "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
	for began := time.Now(); time.Since(began) < limit/4; time.Sleep(20 * time.Millisecond) {
		if _, err := io.CopyN(io.Discard, c.In, 16<<10); err != nil {
			t.Fatal(err)
		}
	}
	stopped := time.Now()
	for ; s.Stats().ResponseTimeouts == 0; time.Sleep(10 * time.Millisecond) {
		if time.Since(stopped) > limit*3/2 {
			t.Fatalf("%v after its last byte it is still waited for", time.Since(stopped))
		}
	}
	if took := time.Since(stopped); took < limit*9/10 {
		t.Errorf("it was given up after %v", took)
	}
}
