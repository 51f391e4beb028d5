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
	"testing"
	"time"

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
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			c := tls.Server(nc, &tls.Config{Certificates: []tls.Certificate{ca.Issue([]string{"web"}).Pair()}})
			serve(c, bufio.NewReader(c))
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String(), &tls.Config{RootCAs: ca.Pool(), ServerName: "web"}
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

// TestTLSReuse: a secure connection serves many requests; one on which bytes came unasked, or
// that the peer has closed, serves none, however short it was idle.
func TestTLSReuse(t *testing.T) {
	for _, row := range []struct {
		name   string
		after  string // sent behind the first response, in a record of its own
		closes func(*tls.Conn)
		conns  uint64
	}{
		{"kept", "", nil, 1},
		{"surplus", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong", nil, 2},
		{"closed", "", func(c *tls.Conn) { c.Close() }, 2},
		{"closed without a word", "", func(c *tls.Conn) { c.NetConn().Close() }, 2},
		{"half-closed", "", func(c *tls.Conn) { _ = c.CloseWrite() }, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			first := true
			sent := make(chan struct{})
			addr, config := securePeer(t, func(c *tls.Conn, in *bufio.Reader) {
				for {
					if _, err := http.ReadRequest(in); err != nil {
						return
					}
					if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nright"); err != nil {
						return
					}
					if !first {
						continue
					}
					first = false
					_, _ = io.WriteString(c, row.after)
					if row.closes != nil {
						row.closes(c)
					}
					close(sent)
					if row.closes != nil {
						return
					}
				}
			})
			transport := secureTransport(t, addr, config)
			for n := range 3 {
				if n == 1 {
					<-sent
					time.Sleep(20 * time.Millisecond) // it is on its way to this side of loopback
				}
				if body, err := askSecure(t, transport, "POST"); err != nil || body != "right" {
					t.Errorf("%q, %v", body, err)
				}
			}
			transport.CloseIdleConnections() // the peer waits for the end
			if s := transport.Stats(); s.Connects != row.conns {
				t.Errorf("%+v", s)
			}
		})
	}
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
