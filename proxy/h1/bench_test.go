package h1_test

import (
	"io"
	"log"
	"net"
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/proxy/h1"
)

// startable is what the two servers have in common.
type startable interface {
	Serve(net.Listener) error
	Close() error
}

// servers are this package's and net/http's, for tests that compare them.
var servers = []struct {
	name string
	make func(http.Handler) startable
}{
	{"h1", func(h http.Handler) startable { return h1.New(h1.Config{Handler: h}) }},
	{"net/http", func(h http.Handler) startable {
		return &http.Server{Handler: h, DisableGeneralOptionsHandler: true, ErrorLog: log.New(io.Discard, "", 0)}
	}},
}

// start starts a server on a loopback socket, until the test ends.
func start(t testing.TB, s startable) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
		if err := <-served; err != http.ErrServerClosed {
			t.Errorf("serve: %v", err)
		}
	})
	return l.Addr().String()
}

// usual is a request as services get it, with nine fields.
const usual = "GET /api/items?page=2 HTTP/1.1\r\nHost: web.example\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n" +
	"Accept-Encoding: identity\r\nX-Request-Id: 0123456789abcdef\r\nCookie: session=0123456789\r\n" +
	"Forwarded: for=192.0.2.1\r\nX-Trace: 1-2-3\r\n\r\n"

func hello(w http.ResponseWriter, _ *http.Request) {
	w.Header()["Content-Type"] = []string{"text/plain"}
	_, _ = w.Write([]byte("hello, world\n"))
}

// exchanger sends one request after the other over one connection, and allocates nothing.
func exchanger(t testing.TB, addr, request string, response int) (exchange func()) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	out, in := []byte(request), make([]byte, 64<<10)
	return func() {
		if _, err := conn.Write(out); err != nil {
			t.Fatal(err)
		}
		for got := 0; got < response; {
			n, err := conn.Read(in)
			if got += n; err != nil {
				t.Fatal(err)
			}
		}
	}
}

// responseSize returns how long the response to a request is.
func responseSize(t testing.TB, addr, request string) int {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if half, ok := conn.(*net.TCPConn); ok {
		half.CloseWrite()
	}
	all, err := io.ReadAll(conn)
	if err != nil || len(all) == 0 {
		t.Fatalf("%q, %v", all, err)
	}
	return len(all)
}

func BenchmarkRequest(b *testing.B) {
	for _, s := range servers {
		b.Run(s.name, func(b *testing.B) {
			addr := start(b, s.make(http.HandlerFunc(hello)))
			exchange := exchanger(b, addr, usual, responseSize(b, addr, usual))
			exchange()
			b.ReportAllocs()
			for b.Loop() {
				exchange()
			}
		})
	}
}
