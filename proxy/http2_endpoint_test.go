package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/router"
)

// startHTTP2 starts a hop in front of a backend that speaks HTTP/2 without TLS, and nothing
// else.
func startHTTP2(t *testing.T, handler http.HandlerFunc) *hop {
	t.Helper()
	s := httptest.NewUnstartedServer(handler)
	s.Config.Protocols = new(http.Protocols)
	s.Config.Protocols.SetUnencryptedHTTP2(true)
	s.Start()
	t.Cleanup(s.Close)
	return startHop(t, s.Listener.Addr().String(), withRouter(func(c *router.Config) { c.Transport.Protocol = router.HTTP2 }))
}

// wholeResponse sends a request as it stands, and returns the whole response.
func wholeResponse(t *testing.T, h *hop, request string) string {
	t.Helper()
	c, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, request); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

// TestRequestToHTTP2: what an endpoint of HTTP/2 has of a request by HTTP/1.
func TestRequestToHTTP2(t *testing.T) {
	got := make(chan string, 1)
	h := startHTTP2(t, func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		text := fmt.Sprintf("%s %s %s %s", r.Proto, r.Method, r.Host, r.RequestURI)
		for _, name := range slices.Sorted(maps.Keys(r.Header)) {
			if !strings.HasPrefix(name, "L5d-") && !strings.HasPrefix(name, "Finagle-") && name != "Via" {
				text += fmt.Sprintf(" %s=%s", name, strings.Join(r.Header[name], ","))
			}
		}
		got <- fmt.Sprintf("%s body=%s trailer=%v", text, body, r.Trailer)
	})
	for _, row := range []struct{ request, want string }{
		{"GET /a%2fb?c HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n", "HTTP/2.0 GET web /a%2fb?c body= trailer=map[]"},
		{"GET / HTTP/1.0\r\nHost: web\r\n\r\n", "HTTP/2.0 GET web / body= trailer=map[]"},
		{"GET / HTTP/1.1\r\nHost: web\r\nTE: trailers, gzip\r\nConnection: TE, close\r\n\r\n", "HTTP/2.0 GET web / Te=trailers body= trailer=map[]"},
		{"GET / HTTP/1.1\r\nHost: web\r\nTE: gzip\r\nConnection: close\r\n\r\n", "HTTP/2.0 GET web / body= trailer=map[]"},
		{"GET / HTTP/1.1\r\nHost: web\r\nX-A: 1\r\nX-B: 2\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\nConnection: X-A, close\r\nUpgrade: h2c\r\n\r\n",
			"HTTP/2.0 GET web / X-B=2 body= trailer=map[]"},
		{"GET / HTTP/1.1\r\nHost: web\r\nCookie: a=1; b=2\r\nConnection: close\r\n\r\n", "HTTP/2.0 GET web / Cookie=a=1; b=2 body= trailer=map[]"},
		{"POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody", "HTTP/2.0 POST web / Content-Length=4 body=body trailer=map[]"},
		{"POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\nTrailer: Sum\r\nConnection: close\r\n\r\n4\r\nbody\r\n0\r\nSum: 42\r\n\r\n",
			"HTTP/2.0 POST web / body=body trailer=map[Sum:[42]]"},
	} {
		if answer := wholeResponse(t, h, row.request); !strings.HasPrefix(answer, "HTTP/1.") || !strings.Contains(answer, " 200 OK\r\n") {
			t.Errorf("%q: %q", row.request, answer)
			continue
		}
		if text := <-got; text != row.want {
			t.Errorf("%q:\n%s, want\n%s", row.request, text, row.want)
		}
	}
}

// TestResponseOfHTTP2: what a client of HTTP/1 has of a response by HTTP/2.
func TestResponseOfHTTP2(t *testing.T) {
	h := startHTTP2(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/announced" {
			w.Header().Set("Trailer", "Sum")
		}
		if r.URL.Path != "/flushed" {
			w.Header().Set("Content-Length", "4")
		}
		_, _ = io.WriteString(w, "body")
		switch r.URL.Path {
		case "/announced":
			w.Header().Set("Sum", "42")
		case "/flushed":
			_ = http.NewResponseController(w).Flush()
			fallthrough
		case "/late":
			w.Header().Set(http.TrailerPrefix+"Grpc-Status", "0")
		}
	})
	const chunked = "4\r\nbody\r\n0\r\n"
	for _, row := range []struct {
		path, version, te string
		ends              string
		length            bool
	}{
		{"/", "1.1", "", "\r\n\r\nbody", true},
		{"/announced", "1.1", "", chunked + "Sum: 42\r\n\r\n", false},
		{"/announced", "1.0", "", "\r\n\r\nbody", true},
		{"/late", "1.1", "", "\r\n\r\nbody", true},
		{"/late", "1.1", "trailers", chunked + "Grpc-Status: 0\r\n\r\n", false},
		{"/flushed", "1.1", "", chunked + "Grpc-Status: 0\r\n\r\n", false},
	} {
		request := fmt.Sprintf("GET %s HTTP/%s\r\nHost: web\r\nConnection: close\r\n", row.path, row.version)
		if row.te != "" {
			request += "TE: " + row.te + "\r\n"
		}
		answer := wholeResponse(t, h, request+"\r\n")
		if !strings.HasSuffix(answer, row.ends) || strings.Contains(strings.ToLower(answer), "content-length: 4") != row.length {
			t.Errorf("%s %s %s: %q", row.version, row.path, row.te, answer)
		}
	}
}

// TestSlowReader: what an endpoint of HTTP/2 may send before its client reads is bounded, so
// that the hop need not keep it.
func TestSlowReader(t *testing.T) {
	const (
		size  = 96 << 20
		ahead = 32 << 20 // the buffers of two sockets, and the window
	)
	var sent atomic.Int64
	h := startHTTP2(t, func(w http.ResponseWriter, _ *http.Request) {
		part := make([]byte, 1<<16)
		for sent.Load() < size {
			n, err := w.Write(part)
			sent.Add(int64(n))
			if err != nil {
				return
			}
		}
	})
	c, err := net.Dial("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_, _ = io.WriteString(c, "GET / HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReaderSize(c, 4<<10), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	for sent.Load() < 1<<20 {
		time.Sleep(time.Millisecond)
	}
	for read := int64(0); read < size; {
		n, err := io.CopyN(io.Discard, resp.Body, 1<<20)
		if read += n; err != nil {
			t.Fatalf("after %d bytes: %v", read, err)
		}
		if now := sent.Load(); now-read > ahead {
			t.Fatalf("the endpoint has sent %d bytes, of which the client has read %d", now, read)
		}
	}
}

// TestSlowBodyToHTTP2: the client gets 408, and the endpoint does not get a request that seems
// complete.
func TestSlowBodyToHTTP2(t *testing.T) {
	broken := make(chan error, 1)
	h := startHTTP2(t, func(_ http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		broken <- err
	})
	s := servetest.StartWith(t, h.server, serve.Config{Engine: servetest.Engine(t), BodyTimeout: 300 * time.Millisecond})
	c := s.Dial(t)
	c.Send(t, "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\n12")
	if status, last := c.Response(t); status != http.StatusRequestTimeout || !last {
		t.Errorf("status %d, last: %v", status, last)
	}
	if err := <-broken; err == nil {
		t.Error("the endpoint got a body that seems complete")
	}
}
