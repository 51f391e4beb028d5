package h1_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
)

// TestUpgrade: the connection belongs to the caller, with the bytes that came after the
// head, and the end of the context does not close it.
func TestUpgrade(t *testing.T) {
	for _, slow := range []bool{false, true} {
		ps := newPeers(t, func(p *peer) {
			p.head()
			if slow {
				time.Sleep(10 * time.Millisecond)
			}
			p.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\nearly,")
			_, _ = io.Copy(p.Conn, p)
			p.send(".")
		})
		ctx, cancel := context.WithCancel(context.Background())
		req := newRequestWith(t, ctx, "GET", nil)
		req.Header.Set("Connection", "upgrade")
		req.Header.Set("Upgrade", "echo")
		transport := to(t, ps.addr)
		resp := roundTrip(t, transport, req)
		cancel()
		if resp.StatusCode != 101 || resp.Header.Get("Upgrade") != "echo" {
			t.Errorf("%v", resp)
		}
		conn, ok := resp.Body.(interface {
			io.ReadWriteCloser
			CloseWrite() error
		})
		if !ok {
			t.Fatalf("%T", resp.Body)
		}
		time.Sleep(10 * time.Millisecond) // longer than any deadline that may be left
		if _, err := io.WriteString(conn, "hello"); err != nil {
			t.Error(err)
		}
		if err := conn.CloseWrite(); err != nil {
			t.Error(err)
		}
		if got := readAll(t, resp); got != "early,hello." {
			t.Errorf("%q", got)
		}
	}
}

// TestConnect: 2xx to CONNECT makes a tunnel, anything else is a response.
func TestConnect(t *testing.T) {
	ps := newPeers(t, func(p *peer) {
		if p.head() == "CONNECT example.test:443 HTTP/1.1\r\nHost: example.test:443\r\n\r\n" && p.number == 1 {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")
			line, _ := p.ReadString('\n')
			p.send("got " + line)
			return
		}
		p.send("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno")
	})
	connect := func() *http.Response {
		req := newRequest(t, "CONNECT", nil)
		req.Host, req.URL.Path, req.URL.RawQuery = "example.test:443", "", ""
		return roundTrip(t, to(t, ps.addr), req)
	}
	resp := connect()
	_, _ = io.WriteString(resp.Body.(io.Writer), "hi\n")
	if got := readAll(t, resp); got != "got hi\n" {
		t.Errorf("%q", got)
	}
	if got := readAll(t, connect()); got != "no" {
		t.Errorf("%q", got)
	}
}

// TestUpgradeServer is an upgrade with net/http's server and its Hijacker.
func TestUpgradeServer(t *testing.T) {
	addr := server(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "upgrade")
		w.Header().Set("Upgrade", r.Header.Get("Upgrade"))
		w.WriteHeader(http.StatusSwitchingProtocols)
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		line, _ := rw.ReadString('\n')
		_, _ = io.WriteString(conn, line)
	})
	req := newRequest(t, "GET", nil)
	req.Header.Set("Connection", "upgrade")
	req.Header.Set("Upgrade", "lines")
	resp := roundTrip(t, to(t, addr), req)
	_, _ = io.WriteString(resp.Body.(io.Writer), "hello\n")
	if line, err := bufio.NewReader(resp.Body).ReadString('\n'); line != "hello\n" {
		t.Error(line, err)
	}
	resp.Body.Close()
}

// TestWriteTo: bodies of every framing reach every kind of writer whole.
func TestWriteTo(t *testing.T) {
	const size = 3 << 20
	pattern := func(w io.Writer) {
		b := make([]byte, 1<<10)
		for i := range size / len(b) {
			for j := range b {
				b[j] = byte(i + j)
			}
			_, _ = w.Write(b)
		}
	}
	backend := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "counted" {
			w.Header().Set("Content-Length", "3145728")
		}
		w.Header().Set("Content-Type", "x/y")
		if r.URL.RawQuery == "close" {
			conn, rw, _ := http.NewResponseController(w).Hijack()
			_, _ = rw.WriteString("HTTP/1.1 200 OK\r\n\r\n")
			pattern(rw)
			_ = rw.Flush()
			conn.Close()
			return
		}
		pattern(w)
	})
	transport := to(t, backend)
	hop := server(t, func(w http.ResponseWriter, r *http.Request) {
		req := newRequestWith(t, r.Context(), "GET", nil)
		req.URL.RawQuery = r.URL.RawQuery
		resp := roundTrip(t, transport, req)
		for k, v := range resp.Header {
			w.Header()[k] = v
		}
		n, err := resp.Body.(io.WriterTo).WriteTo(w)
		if n != size || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	})
	check := &checker{t: t}
	for _, framing := range []string{"counted", "chunked", "close"} {
		for range 2 {
			req := newRequest(t, "GET", nil)
			req.URL.RawQuery = framing
			*check = checker{t: t}
			resp := roundTrip(t, to(t, hop), req)
			if _, err := resp.Body.(io.WriterTo).WriteTo(onlyWriter{check}); err != nil || check.n != size {
				t.Errorf("%s: %d, %v", framing, check.n, err)
			}
			resp.Body.Close()
		}
	}
}

type onlyWriter struct{ io.Writer }

// checker compares what is written to it with the pattern.
type checker struct {
	t *testing.T
	n int
}

func (c *checker) Write(p []byte) (int, error) {
	for i, b := range p {
		if at := c.n + i; b != byte(at>>10+at&1023) {
			c.t.Fatalf("byte %d differs", at)
		}
	}
	c.n += len(p)
	return len(p), nil
}

// TestSplice copies between two TCP connections, also when one side fails.
func TestSplice(t *testing.T) {
	const size = 1 << 20
	var cut atomic.Bool
	ps := newPeers(t, func(p *peer) {
		for p.head() != "" {
			p.send("HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n")
			if cut.Load() {
				_, _ = p.Write(make([]byte, size/2))
				return
			}
			_, _ = p.Write(make([]byte, size))
		}
	})
	transport := to(t, ps.addr)
	sink := func() (*net.TCPConn, chan int64) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		near, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		far, _ := l.Accept()
		got := make(chan int64, 1)
		go func() { n, _ := io.Copy(io.Discard, far); far.Close(); got <- n }()
		return near.(*net.TCPConn), got
	}
	for range 3 {
		near, got := sink()
		resp := roundTrip(t, transport, newRequestWith(t, t.Context(), "GET", nil))
		n, err := io.Copy(near, resp.Body)
		near.Close()
		if arrived := <-got; n != size || arrived != size || err != nil {
			t.Errorf("%d, %d, %v", n, arrived, err)
		}
	}
	if ps.count.Load() != 1 {
		t.Errorf("%d connections", ps.count.Load())
	}
	near, got := sink()
	near.Close()
	resp := roundTrip(t, transport, newRequest(t, "GET", nil))
	if _, err := resp.Body.(io.WriterTo).WriteTo(near); err == nil {
		t.Error("a closed writer accepted the body")
	}
	resp.Body.Close()
	<-got
	cut.Store(true)
	near, got = sink()
	resp = roundTrip(t, transport, newRequest(t, "GET", nil))
	n, err := resp.Body.(io.WriterTo).WriteTo(near)
	near.Close()
	<-got
	if n != size/2 {
		t.Errorf("%d bytes of half a body", n)
	}
	wantError(t, err, relay.OpResponseBody, wroteAll, true)
}
