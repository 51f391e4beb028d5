package proxy_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	server "github.com/meshhop/meshhop/proxy/h1"
	"github.com/meshhop/meshhop/router/h1"
)

// benchLines are the lines of a request, and those of its response.
var benchLines = [2]string{
	"User-Agent: bench/1.0\r\nAccept: */*\r\nAccept-Encoding: identity\r\nX-Request-Id: 0123456789abcdef\r\n" +
		"Cookie: session=0123456789\r\nForwarded: for=192.0.2.1\r\nX-Trace: 1-2-3\r\n",
	"Server: x\r\nDate: Mon, 01 Jan 2024 00:00:00 GMT\r\nContent-Type: text/plain\r\nCache-Control: no-cache\r\nEtag: \"abc\"\r\n" +
		"X-Request-Id: 0123456789abcdef\r\nVary: Accept-Encoding\r\n",
}

// BenchmarkHeads is a request from one head to the other and back, without sockets: the
// server of package proxy/h1, the handler, the router and the client.
func BenchmarkHeads(b *testing.B) {
	for _, c := range []struct {
		name string
		as   func(string) string
	}{{"canonical", func(s string) string { return s }}, {"lower case", strings.ToLower}} {
		b.Run(c.name, func(b *testing.B) {
			response := []byte("HTTP/1.1 200 OK\r\n" + c.as(benchLines[1]) + "Content-Length: 13\r\n\r\nhello, world\n")
			transport, err := h1.New(h1.Config{Addr: "127.0.0.1:1", Dial: func(context.Context) (net.Conn, error) {
				return &instant{response: response}, nil
			}})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { transport.Close() })
			s := server.New(server.Config{Handler: cannedHop(b, transport, -1)})
			request := "GET /api/items?page=2 HTTP/1.1\r\nHost: web\r\n" + c.as(benchLines[0]) + "\r\n"
			conn := &replayed{request: request, left: b.N, closed: make(chan struct{})}
			l := &single{make(chan net.Conn, 1), make(chan struct{})}
			l.conn <- conn
			b.ReportAllocs()
			b.ResetTimer()
			go s.Serve(l)
			<-conn.closed
			b.StopTimer()
			if conn.left != 0 || !strings.HasPrefix(conn.last, "HTTP/1.1 200 OK\r\n") {
				b.Errorf("%d left, %s", conn.left, conn.last)
			}
			close(l.end)
			s.Close()
		})
	}
}

// replayed is a connection on which a request comes so many times.
type replayed struct {
	net.Conn
	request string
	left    int
	last    string // of what was written
	once    sync.Once
	closed  chan struct{}
}

func (c *replayed) Read(p []byte) (int, error) {
	if c.left == 0 {
		return 0, io.EOF
	}
	c.left--
	return copy(p, c.request), nil
}

func (c *replayed) Write(p []byte) (int, error) {
	if c.left == 0 {
		c.last = string(p)
	}
	return len(p), nil
}

func (c *replayed) Close() error                     { c.once.Do(func() { close(c.closed) }); return nil }
func (c *replayed) LocalAddr() net.Addr              { return nil }
func (c *replayed) RemoteAddr() net.Addr             { return nil }
func (c *replayed) SetReadDeadline(time.Time) error  { return nil }
func (c *replayed) SetDeadline(time.Time) error      { return nil }
func (c *replayed) SetWriteDeadline(time.Time) error { return nil }

// single accepts one connection.
type single struct {
	conn chan net.Conn
	end  chan struct{}
}

func (l *single) Accept() (net.Conn, error) {
	select {
	case c := <-l.conn:
		return c, nil
	case <-l.end:
		return nil, net.ErrClosed
	}
}
func (l *single) Close() error   { return nil }
func (l *single) Addr() net.Addr { return nil }
