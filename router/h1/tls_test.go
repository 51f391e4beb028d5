package h1_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/meshhop/meshhop/internal/certtest"
	"github.com/meshhop/meshhop/internal/handshake"
	"github.com/meshhop/meshhop/router/h1"
)

// securePeer is an endpoint by TLS. Each connection is handed to serve.
func securePeer(t *testing.T, serve func(*tls.Conn, *bufio.Reader)) (addr string, client *tls.Config) {
	t.Helper()
	ca := certtest.CA(t, "root")
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	pair := ca.Issue([]string{"web"}).Pair()
	var all sync.WaitGroup
	all.Go(func() {
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				c := tls.Server(&wroteConn{Conn: nc}, &tls.Config{Certificates: []tls.Certificate{pair}})
				defer c.Close()
				serve(c, bufio.NewReader(c))
			})
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return l.Addr().String(), &tls.Config{RootCAs: ca.Pool(), ServerName: "web"}
}

// wroteConn counts what was written to a connection.
type wroteConn struct {
	net.Conn
	wrote atomic.Int64
}

func (c *wroteConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.wrote.Add(int64(n))
	return n, err
}

func secureTransport(t *testing.T, addr string, config *tls.Config) *h1.Transport {
	t.Helper()
	transport, err := h1.New(h1.Config{Addr: addr, TLS: config, OnlyUnsent: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { transport.Close() })
	return transport
}

// askSecure sends a request and reads the response.
func askSecure(t *testing.T, transport *h1.Transport, method string) (string, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://web/", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

// TestTLSErrors: nothing was sent when a handshake failed, and the error says why and for whom.
func TestTLSErrors(t *testing.T) {
	addr, config := securePeer(t, func(c *tls.Conn, _ *bufio.Reader) { _ = c.Handshake() })
	config.ServerName = "other"
	_, err := askSecure(t, secureTransport(t, addr, config), "GET")
	own, failed := (*h1.Error)(nil), handshake.Of(err)
	if !errors.As(err, &own) || own.Op != "connect" || own.Wrote || failed == nil || failed.Name != "other" || handshake.ReasonOf(err) != handshake.Name ||
		!strings.Contains(err.Error(), "certificate is valid for web, not other") {
		t.Errorf("%v", err)
	}
}

// TestTLSCancel: a request whose context ends during a handshake is let go.
func TestTLSCancel(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	transport := secureTransport(t, l.Addr().String(), &tls.Config{ServerName: "web"})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if c, err := l.Accept(); err == nil { // and never answered
			cancel()
			_, _ = io.Copy(io.Discard, c)
			c.Close()
		}
	}()
	req, err := http.NewRequestWithContext(ctx, "GET", "http://web/", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := transport.RoundTrip(req); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, %v", resp, err)
	}
}
