package proxy_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// TestSlowBodyThroughHop: the client gets 408, and the endpoint does not get a request
// that seems complete.
func TestSlowBodyThroughHop(t *testing.T) {
	broken := make(chan error, 1)
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		broken <- err
	})))
	s := servetest.StartWith(t, h.server, serve.Config{Engine: servetest.Engine(t), BodyTimeout: 300 * time.Millisecond})
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

// lateError is the body of a client that is too slow. As with the server of net/http, the
// request's context is canceled before Read says why.
type lateError struct{ cancel context.CancelFunc }

func (b lateError) Read([]byte) (int, error) {
	b.cancel()
	time.Sleep(time.Millisecond)
	return 0, os.ErrDeadlineExceeded
}

func (lateError) Close() error { return nil }

// TestSlowBodyIsNoLeaving: a body that did not arrive in time is that, and no client that
// left, although the request's context is canceled before the body's Read returns.
func TestSlowBodyIsNoLeaving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names := new(resolvetest.Namer)
		names.Bind("/web", "10.0.0.1:80")
		interpreter, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: names}}})
		if err != nil {
			t.Fatal(err)
		}
		rt, err := router.New(router.Config{
			Dtab: resolve.MustDtab("/svc => /#/fake"), Interpreter: interpreter,
			NewTransport: func(resolve.Address, router.TransportConfig) http.RoundTripper { return bodyFirst{} },
		})
		if err != nil {
			t.Fatal(err)
		}
		defer rt.Close()
		hop, err := proxy.New(proxy.Config{Router: rt})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, "POST", "http://web/", lateError{cancel})
		r.ContentLength = 5
		w := httptest.NewRecorder()
		hop.ServeHTTP(w, r)
		if w.Code != http.StatusRequestTimeout {
			t.Errorf("status %d", w.Code)
		}
	})
}

// bodyFirst is a transport that reads the request's body in a goroutine of its own, and
// returns as soon as the request's context ends.
type bodyFirst struct{}

func (bodyFirst) RoundTrip(r *http.Request) (*http.Response, error) {
	go io.Copy(io.Discard, r.Body)
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestSlowReadersOnSockets: a response that the kernel copies from the endpoint's
// connection to the client's is aborted if the client reads nothing, and not if the
// client or the endpoint is slow.
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
	s := servetest.StartWith(t, h.server, serve.Config{Engine: servetest.Engine(t), ResponseTimeout: limit})
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

// TestResponseTimeoutCountsFromTheLastByte: the limit of a client that has read some of
// a large response begins with the last byte that it read.
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
	s := servetest.StartWith(t, h.server, serve.Config{Engine: servetest.Engine(t), ResponseTimeout: limit})
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
