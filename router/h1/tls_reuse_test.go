//go:build unix

package h1_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/meshhop/meshhop/router/h1"
)

// countedConn counts what was read from a connection, and knows what waits there.
type countedConn struct {
	*net.TCPConn
	read atomic.Int64
}

func (c *countedConn) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	c.read.Add(int64(n))
	return n, err
}

// arrived returns how many bytes have come, and whether the end has.
func (c *countedConn) arrived(t *testing.T) (n int64, end bool) {
	t.Helper()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var buf [64 << 10]byte
	_ = raw.Control(func(fd uintptr) {
		waiting, _, err := syscall.Recvfrom(int(fd), buf[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		n, end = int64(max(waiting, 0)), err == nil && waiting == 0
	})
	return c.read.Load() + n, end
}

// TestTLSReuse: a secure connection serves many requests; one on which bytes came unasked, or
// that the peer has closed, serves none.
func TestTLSReuse(t *testing.T) {
	for _, row := range []struct {
		name   string
		after  string // sent behind the first response, in a record of its own
		closes func(*tls.Conn)
		end    bool // there is one without a word
		reused bool
	}{
		{name: "kept", reused: true},
		{name: "surplus", after: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"},
		{name: "closed", closes: func(c *tls.Conn) { c.Close() }},
		{name: "closed without a word", closes: func(c *tls.Conn) { c.NetConn().Close() }, end: true},
		{name: "half-closed", closes: func(c *tls.Conn) { _ = c.CloseWrite() }},
	} {
		t.Run(row.name, func(t *testing.T) {
			var requests, written atomic.Int64
			sent := make(chan struct{})
			addr, config := securePeer(t, func(c *tls.Conn, in *bufio.Reader) {
				for {
					if _, err := http.ReadRequest(in); err != nil {
						return
					}
					first := requests.Add(1) == 1
					if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright"); err != nil || !first {
						continue
					}
					if row.after != "" {
						_, _ = io.WriteString(c, row.after)
					}
					if row.closes != nil {
						row.closes(c)
					}
					written.Store(c.NetConn().(*wroteConn).wrote.Load())
					close(sent)
				}
			})
			var dialed []*countedConn
			transport, err := h1.New(h1.Config{Addr: addr, TLS: config, OnlyUnsent: true, Dial: func(ctx context.Context) (net.Conn, error) {
				nc, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
				if err != nil {
					return nil, err
				}
				dialed = append(dialed, &countedConn{TCPConn: nc.(*net.TCPConn)})
				return dialed[len(dialed)-1], nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			defer transport.Close()
			for n := range 2 {
				if body, err := askSecure(t, transport, "POST"); err != nil || body != "right" {
					t.Fatalf("%q, %v", body, err)
				}
				if n > 0 {
					break
				}
				<-sent
				for limit := time.Now().Add(20 * time.Second); ; {
					time.Sleep(time.Millisecond) // it is not checked in the first 100 microseconds
					if n, end := dialed[0].arrived(t); n >= written.Load() && (end || !row.end) {
						break
					}
					if time.Now().After(limit) {
						t.Fatal("what was sent does not arrive")
					}
				}
			}
			if reused := len(dialed) == 1; reused != row.reused {
				t.Errorf("%d connections: %+v", len(dialed), transport.Stats())
			}
		})
	}
}
