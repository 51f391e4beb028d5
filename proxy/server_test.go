package proxy_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
)

func TestAsteriskForm(t *testing.T) {
	for _, test := range []struct{ line, want string }{
		{"OPTIONS *", "OPTIONS *"},
		{"OPTIONS http://web", "OPTIONS *"},
		{"OPTIONS http://web/", "OPTIONS /"},
		{"OPTIONS http://web?x", "OPTIONS /?x"},
		{"GET http://web", "GET /"},
	} {
		var got string
		names := startHop(t, rawBackend(t, func(head string) string {
			got = head
			return "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
		}))
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		s := serve.New(names.server, serve.Config{Engine: servetest.Engine(t)})
		served := make(chan error)
		go func() { served <- s.Serve(l) }()
		h := &hop{addr: l.Addr().String()}
		h.exchange(t, test.line+" HTTP/1.1\r\nHost: web\r\nConnection: close\r\n\r\n")
		if line, _, _ := strings.Cut(got, " HTTP/"); line != test.want {
			t.Errorf("%s was sent as %q, want %q", test.line, line, test.want)
		}
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	}
}

// TestShutdownWaitsForUpgraded: when Shutdown returns, the handlers of upgraded
// connections have returned and their spans have ended.
func TestShutdownWaitsForUpgraded(t *testing.T) {
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		io.Copy(io.Discard, conn)
	})))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := serve.New(h.server, serve.Config{Engine: servetest.Engine(t)})
	served := make(chan error)
	go func() { served <- s.Serve(l) }()
	const n = 50
	at := &hop{addr: l.Addr().String()}
	for range n {
		conn := at.dial(t)
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
		if line, err := bufio.NewReader(conn).ReadString('\n'); !strings.Contains(line, "101") {
			t.Fatalf("%q %v", line, err)
		}
	}
	if err := s.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if got := h.server.Stats(); got.Pending != 0 || got.Requests != n {
		t.Errorf("stats %+v after the shutdown", got)
	}
	if got := len(h.spans.Records()); got != 2*n {
		t.Errorf("%d spans, want %d", got, 2*n)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}

// TestShutdownRespondsToAborted: an aborted request gets an error response.
func TestShutdownRespondsToAborted(t *testing.T) {
	arrived := make(chan struct{})
	h := startHop(t, startBackend(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	})))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := serve.New(h.server, serve.Config{Engine: servetest.Engine(t)})
	served := make(chan error)
	go func() { served <- s.Serve(l) }()
	conn := (&hop{addr: l.Addr().String()}).dial(t)
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
	<-arrived
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Shutdown(ctx); err != context.Canceled {
		t.Errorf("error %v", err)
	}
	if response, err := io.ReadAll(conn); !strings.HasPrefix(string(response), "HTTP/1.1 503 ") {
		t.Errorf("got %q (%v)", response, err)
	}
	if got := h.server.Stats(); got.ByClass[5] != 1 {
		t.Errorf("stats %+v: the client did not leave", got)
	}
	if err := <-served; err != nil {
		t.Error(err)
	}
}
