package proxy_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// usualRequest is a request as load generators and services send it.
const usualRequest = "GET /api/items?page=2 HTTP/1.1\r\nHost: web\r\nUser-Agent: bench/1.0\r\nAccept: */*\r\n" +
	"Accept-Encoding: identity\r\nX-Request-Id: 0123456789abcdef\r\nCookie: session=0123456789\r\n\r\n"

// usualResponse is a response of so many bytes, with the fields that nginx writes.
func usualResponse(bytes int) []byte {
	head := fmt.Sprintf("HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Mon, 30 Nov 2026 21:00:00 GMT\r\nContent-Type: application/octet-stream\r\n"+
		"Content-Length: %d\r\nConnection: keep-alive\r\n\r\n", bytes)
	return append([]byte(head), make([]byte, bytes)...)
}

// cannedBackend writes the response for each head that it reads, and allocates nothing.
func cannedBackend(t testing.TB, response []byte) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns sync.Map
	var running sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		conns.Range(func(c, _ any) bool {
			c.(net.Conn).Close()
			return true
		})
		running.Wait()
	})
	running.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns.Store(c, nil)
			running.Go(func() { respondAlways(c, response) })
		}
	})
	return l.Addr().String()
}

func respondAlways(c net.Conn, response []byte) {
	defer c.Close()
	in := make([]byte, 16<<10)
	for have := 0; ; {
		n, err := c.Read(in[have:])
		if err != nil {
			return
		}
		if have += n; bytes.HasSuffix(in[:have], []byte("\r\n\r\n")) {
			have = 0
			if _, err := c.Write(response); err != nil {
				return
			}
		}
	}
}

// caller sends one request after the other over one connection, and allocates nothing.
func caller(t testing.TB, addr string) (call func()) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	request, in := []byte(usualRequest), make([]byte, 64<<10)
	size := 0 // of a response
	return func() {
		if _, err := c.Write(request); err != nil {
			t.Fatal(err)
		}
		if size == 0 {
			size = firstSize(t, c)
			return
		}
		for got := 0; got < size; {
			n, err := c.Read(in[:min(len(in), size-got)])
			if got += n; err != nil {
				t.Fatal(err)
			}
		}
	}
}

// firstSize reads a response and returns how long it is.
func firstSize(t testing.TB, c net.Conn) int {
	t.Helper()
	var head []byte
	for one := make([]byte, 1); !bytes.HasSuffix(head, []byte("\r\n\r\n")); head = append(head, one[0]) {
		if _, err := io.ReadFull(c, one); err != nil {
			t.Fatal(err)
		}
	}
	_, after, found := bytes.Cut(head, []byte("Content-Length: "))
	if !found {
		t.Fatalf("%q", head)
	}
	body := 0
	if _, err := fmt.Sscan(string(after), &body); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, body)); err != nil {
		t.Fatal(err)
	}
	return len(head) + body
}

// hopForms are a hop that records nothing, and one that records everything.
var hopForms = []struct {
	name   string
	change func(testing.TB) option
}{
	{"untraced", func(testing.TB) option { return withRouter(func(c *router.Config) { c.Hop = nil }) }},
	{"traced", func(t testing.TB) option {
		sampler, err := trace.NewSampler(1)
		if err != nil {
			t.Fatal(err)
		}
		provider, err := trace.NewProvider(trace.ProviderConfig{Sink: new(sink), Sampler: sampler})
		if err != nil {
			t.Fatal(err)
		}
		return withRouter(func(c *router.Config) { c.Hop = trace.NewHop(trace.HopConfig{TracerProvider: provider}) })
	}},
}

// recorded is a hop whose requests somebody looks at, as the dashboard of the binary does.
func recorded() option {
	return withProxy(func(c *proxy.Config) { c.Ended = func(*proxy.Record) {} })
}

// BenchmarkHop is a whole hop between sockets, with client and backend in the same process.
func BenchmarkHop(b *testing.B) {
	for _, size := range []int{1 << 10, 64 << 10} {
		for _, form := range hopForms {
			b.Run(fmt.Sprintf("%s/%d KiB", form.name, size>>10), func(b *testing.B) {
				call := caller(b, startHop(b, cannedBackend(b, usualResponse(size)), form.change(b), recorded()).addr)
				for range 10 {
					call()
				}
				b.ReportAllocs()
				b.SetBytes(int64(size))
				for b.Loop() {
					call()
				}
			})
		}
	}
}

// TestHopAllocations bounds the allocations of a request in a whole hop: server, handler,
// router and client, between sockets. It is 3 where each response comes within 4 ms: two heads
// and the spans. One that is late costs a context, and its memory is not used again.
func TestHopAllocations(t *testing.T) {
	if raced {
		t.Skip("pools lose what they have")
	}
	ceiling := 8.0
	if servetest.Engine(t) == serve.NetHTTP { // net/http: differs, it makes all anew
		ceiling = 32
	}
	for _, form := range hopForms {
		t.Run(form.name, func(t *testing.T) {
			call := caller(t, startHop(t, cannedBackend(t, usualResponse(1<<10)), form.change(t), recorded()).addr)
			for range 10 {
				call()
			}
			got := testing.AllocsPerRun(500, call)
			if t.Logf("%v allocations", got); got > ceiling {
				t.Errorf("%v allocations, want at most %v", got, ceiling)
			}
		})
	}
}
