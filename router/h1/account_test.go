package h1_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/meshhop/meshhop/internal/traffic"
	"github.com/meshhop/meshhop/router/h1"
)

// told is what a transport told of its connections.
type told struct {
	mu                     sync.Mutex
	opened                 int
	received, sent         uint64
	closed                 []traffic.Conn
	connected, failed, cut int
}

func (o *told) do(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
}

func (o *told) Opened()                     { o.do(func() { o.opened++ }) }
func (o *told) Moved(received, sent uint64) { o.do(func() { o.received += received; o.sent += sent }) }
func (o *told) Closed(c traffic.Conn)       { o.do(func() { o.closed = append(o.closed, c) }) }
func (o *told) Dialed(d traffic.Dial) {
	o.do(func() {
		*map[traffic.DialEnd]*int{traffic.Connected: &o.connected, traffic.Failed: &o.failed, traffic.Cancelled: &o.cut}[d.End]++
	})
}

// counting counts what a peer reads and writes.
type counting struct {
	net.Conn
	read, wrote uint64
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.read += uint64(n)
	return n, err
}

// TestTraffic: each byte of each kind of exchange is told of once, and each connection.
func TestTraffic(t *testing.T) {
	big := strings.Repeat("x", 3<<20)
	for _, row := range []struct {
		name     string
		requests uint64
		do       func(*testing.T, *h1.Transport)
	}{
		{"five requests", 5, func(t *testing.T, rt *h1.Transport) {
			for range 5 {
				get(t, rt)
			}
		}},
		{"an upload", 1, func(t *testing.T, rt *h1.Transport) {
			readAll(t, roundTrip(t, rt, newRequest(t, "POST", strings.NewReader(big))))
		}},
		{"an upload in chunks", 1, func(t *testing.T, rt *h1.Transport) {
			readAll(t, roundTrip(t, rt, newRequest(t, "POST", io.MultiReader(strings.NewReader(big)))))
		}},
		{"a download", 1, func(t *testing.T, rt *h1.Transport) {
			r := newRequest(t, "GET", nil)
			r.Header.Set("Size", strconv.Itoa(len(big)))
			readAll(t, roundTrip(t, rt, r))
		}},
		{"a download that the kernel copies", 1, func(t *testing.T, rt *h1.Transport) {
			r := newRequest(t, "GET", nil)
			r.Header.Set("Size", strconv.Itoa(len(big)))
			resp := roundTrip(t, rt, r)
			defer resp.Body.Close()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			var reading sync.WaitGroup
			reading.Go(func() {
				if c, err := l.Accept(); err == nil {
					_, _ = io.Copy(io.Discard, c)
					c.Close()
				}
			})
			out, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			if n, err := resp.Body.(io.WriterTo).WriteTo(out); n != int64(len(big)) || err != nil {
				t.Error(n, err)
			}
			out.Close()
			reading.Wait()
		}},
		{"a response that breaks off", 2, func(t *testing.T, rt *h1.Transport) {
			get(t, rt)
			r := newRequest(t, "POST", nil)
			r.Header.Set("Size", "-1")
			if _, err := rt.RoundTrip(r); err == nil {
				t.Error("there is a response")
			}
		}},
		{"a tunnel", 1, func(t *testing.T, rt *h1.Transport) {
			r := newRequest(t, "GET", nil)
			r.Header.Set("Connection", "Upgrade")
			r.Header.Set("Upgrade", "x")
			resp := roundTrip(t, rt, r)
			conn := resp.Body.(io.ReadWriteCloser)
			for range 3 {
				if _, err := io.WriteString(conn, "ping"); err != nil {
					t.Error(err)
				}
				if _, err := io.ReadFull(conn, make([]byte, 4)); err != nil {
					t.Error(err)
				}
			}
			if n, err := conn.(io.ReaderFrom).ReadFrom(bytes.NewReader([]byte("last"))); n != 4 || err != nil {
				t.Error(n, err)
			}
			if err := resp.Body.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
				t.Error(err)
			}
			var rest bytes.Buffer
			if n, err := conn.(io.WriterTo).WriteTo(&rest); n != 4 || err != nil {
				t.Error(n, err)
			}
			conn.Close()
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			seen := make(chan *counting, 1)
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			var serving sync.WaitGroup
			defer serving.Wait()
			serving.Go(func() {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				defer conn.Close()
				c := &counting{Conn: conn}
				answer(c)
				seen <- c
			})
			rt, err := h1.New(h1.Config{Addr: l.Addr().String()})
			if err != nil {
				t.Fatal(err)
			}
			o := new(told)
			rt.Observe(o)
			row.do(t, rt)
			rt.Close()
			peer := <-seen
			o.mu.Lock()
			defer o.mu.Unlock()
			if o.opened != 1 || o.connected != 1 || len(o.closed) != 1 || o.closed[0].Requests != row.requests || o.closed[0].Lasted <= 0 {
				t.Fatalf("told %+v", o)
			}
			if o.sent != peer.read || o.received != peer.wrote || o.closed[0].Sent != peer.read || o.closed[0].Received != peer.wrote {
				t.Errorf("sent %d (%d at the end) of %d, received %d (%d) of %d", o.sent, o.closed[0].Sent, peer.read, o.received, o.closed[0].Received, peer.wrote)
			}
		})
	}
}

// answer serves requests on one connection: a body of as many bytes as Size says, or an echo
// where an upgrade is asked for.
func answer(c *counting) {
	in := bufio.NewReader(c)
	for {
		r, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, r.Body)
		if r.Header.Get("Upgrade") != "" {
			n, _ := io.WriteString(c.Conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			m, _ := io.Copy(c.Conn, in)
			c.wrote += uint64(n) + uint64(m)
			return
		}
		size, _ := strconv.Atoi(r.Header.Get("Size"))
		if size < 0 {
			n, _ := io.WriteString(c.Conn, "HTTP/1.1 200")
			c.wrote += uint64(n)
			return
		}
		n, _ := io.WriteString(c.Conn, "HTTP/1.1 200 OK\r\nContent-Length: "+strconv.Itoa(size)+"\r\n\r\n"+strings.Repeat("y", size))
		c.wrote += uint64(n)
	}
}

// TestDials: what became of each attempt to connect is told.
func TestDials(t *testing.T) {
	refused := errors.New("refused")
	ctx, cancel := context.WithCancel(t.Context())
	rt, err := h1.New(h1.Config{Addr: "x:1", Dial: func(of context.Context) (net.Conn, error) {
		if of.Value(waits{}) != nil {
			cancel()
			<-of.Done()
		}
		return nil, refused
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer rt.Close()
	o := new(told)
	rt.Observe(o)
	for _, with := range []context.Context{t.Context(), context.WithValue(ctx, waits{}, true)} {
		if _, err := rt.RoundTrip(newRequestWith(t, with, "GET", nil)); err == nil {
			t.Error("it connected")
		}
	}
	if o.connected != 0 || o.failed != 1 || o.cut != 1 || o.opened != 0 {
		t.Errorf("told %+v", o)
	}
}

type waits struct{}
