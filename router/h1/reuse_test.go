package h1_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

const okResponse = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"

// idle is an idle time after which a connection is checked before it is used.
const idle = 5 * time.Millisecond

// TestStaleConnections: whatever happens to an idle connection, the next request gets its
// response.
func TestStaleConnections(t *testing.T) {
	for name, between := range map[string]func(p *peer){
		"closed":               func(p *peer) { p.Close() },
		"half closed":          func(p *peer) { _ = p.Conn.(*net.TCPConn).CloseWrite() },
		"reset":                func(p *peer) { _ = p.Conn.(*net.TCPConn).SetLinger(0); p.Close() },
		"unsolicited response": func(p *peer) { p.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n") },
		"unsolicited byte":     func(p *peer) { p.send("\n") },
	} {
		t.Run(name, func(t *testing.T) {
			happened := make(chan bool, 2)
			release := make(chan bool)
			ps := newPeers(t, func(p *peer) {
				p.head()
				_, _ = p.ReadByte() // the body
				p.send(okResponse)
				<-release
				between(p)
				happened <- true
				if p.head() != "" {
					t.Error("the connection was used again")
				}
			})
			transport := to(t, ps.addr)
			for range 2 {
				// The request is not idempotent, and its body cannot be read again:
				// it must not be tried on the stale connection.
				req := newRequest(t, "POST", onlyReader{strings.NewReader("x")})
				req.ContentLength = 1
				if got := readAll(t, roundTrip(t, transport, req)); got != "hi" {
					t.Errorf("%q", got)
				}
				release <- true
				<-happened
				time.Sleep(idle) // for the kernel to deliver that
			}
			if ps.count.Load() != 2 {
				t.Errorf("%d connections", ps.count.Load())
			}
		})
	}
}

// TestBrokenUnderRequest: a kept connection breaks after it has got a request. A request
// that may be sent again is sent again, once. For others the error says what happened.
func TestBrokenUnderRequest(t *testing.T) {
	with := func(name string) func(*http.Request) {
		return func(r *http.Request) { r.Header[name] = nil }
	}
	for _, c := range []struct {
		name     string
		method   string
		body     io.Reader
		change   func(r *http.Request)
		breaking string // the peer sends it before it closes
		repeated bool
	}{
		{name: "GET", method: "GET", repeated: true},
		{name: "HEAD", method: "HEAD", repeated: true},
		{name: "OPTIONS", method: "OPTIONS", repeated: true},
		{name: "TRACE", method: "TRACE", repeated: true},
		{name: "POST", method: "POST"},
		{name: "PUT", method: "PUT"},
		{name: "DELETE", method: "DELETE"},
		{name: "POST with a key", method: "POST", change: with("Idempotency-Key"), repeated: true},
		{name: "POST with the other key", method: "POST", change: with("X-Idempotency-Key"), repeated: true},
		{name: "POST with a key and a small body", method: "POST", body: strings.NewReader("x"), change: with("Idempotency-Key"), repeated: true},
		{name: "POST with a key and a large body", method: "POST", body: strings.NewReader(strings.Repeat("x", 20000)), change: with("Idempotency-Key"), repeated: true},
		{name: "POST with a key and a stream", method: "POST", body: onlyReader{strings.NewReader("x")}, change: with("Idempotency-Key")},
		{name: "GET with part of a response", method: "GET", breaking: "H"},
		{name: "GET with a 1xx response", method: "GET", breaking: "HTTP/1.1 102 Processing\r\n\r\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ps := newPeers(t, func(p *peer) {
				p.head()
				p.send("HTTP/1.1 204 No Content\r\n\r\n")
				if p.number == 1 {
					p.head()
					p.send(c.breaking)
					// Unread bytes would make the close a reset.
					_ = p.Conn.(*net.TCPConn).CloseWrite()
					_, _ = io.Copy(io.Discard, p)
					return
				}
				_, _ = io.Copy(io.Discard, p)
			})
			transport := to(t, ps.addr)
			roundTrip(t, transport, newRequest(t, "GET", nil))
			req := newRequest(t, c.method, c.body)
			if c.change != nil {
				c.change(req)
			}
			resp, err := transport.RoundTrip(req)
			if c.repeated {
				if err != nil {
					t.Fatal(err)
				}
				if resp.StatusCode != 204 || ps.count.Load() != 2 {
					t.Errorf("%d on connection %d", resp.StatusCode, ps.count.Load())
				}
				return
			}
			var e *h1.Error
			if !errors.As(err, &e) || e.Op != relay.OpRead || !e.Wrote || e.Responded != (c.breaking != "") {
				t.Errorf("%#v", err)
			}
			if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("cause %v", err)
			}
			if ps.count.Load() != 1 {
				t.Error("the request was sent again")
			}
		})
	}
}

// TestBrokenFresh: a request that fails on a new connection is not sent again.
func TestBrokenFresh(t *testing.T) {
	ps := newPeers(t, func(p *peer) { p.head() })
	_, err := to(t, ps.addr).RoundTrip(newRequest(t, "GET", nil))
	wantError(t, err, relay.OpRead, wroteAll, false)
	if !errors.Is(err, io.EOF) || ps.count.Load() != 1 {
		t.Errorf("%v, %d connections", err, ps.count.Load())
	}
}

// TestBrokenTwice: a request is not sent a third time.
func TestBrokenTwice(t *testing.T) {
	ps := newPeers(t, func(p *peer) {
		p.head()
		if p.number == 1 {
			p.send(okResponse)
			p.head()
		}
	})
	transport := to(t, ps.addr)
	get(t, transport)
	_, err := transport.RoundTrip(newRequest(t, "GET", nil))
	wantError(t, err, relay.OpRead, wroteAll, false)
	if ps.count.Load() != 2 {
		t.Errorf("%d connections", ps.count.Load())
	}
}

// TestNothingWritten: a request of which not a byte was written is sent again whatever it
// is, because the peer cannot have seen it.
func TestNothingWritten(t *testing.T) {
	ps := responding(t, okResponse)
	made := 0
	transport := newTransport(t, h1.Config{Addr: ps.addr, Dial: func(ctx context.Context) (net.Conn, error) {
		made++
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", ps.addr)
		return &secondWriteFails{Conn: conn, fails: made == 1}, err
	}})
	for range 2 {
		req := newRequest(t, "POST", onlyReader{strings.NewReader("")})
		req.ContentLength = -1
		resp, err := transport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		readAll(t, resp)
	}
	if made != 2 {
		t.Errorf("%d connections", made)
	}
}

type secondWriteFails struct {
	net.Conn
	fails  bool
	writes int
}

func (c *secondWriteFails) Write(p []byte) (int, error) {
	if c.writes++; c.fails && c.writes > 2 { // head and body of the first request
		return 0, syscall.EPIPE
	}
	return c.Conn.Write(p)
}

// TestRestart: requests succeed after a restart of the peer, with many idle connections.
func TestRestart(t *testing.T) {
	release := make(chan bool)
	ps := newPeers(t, func(p *peer) {
		for p.head() != "" {
			if p.number <= 10 {
				<-release
				p.send(okResponse)
				<-release
				return
			}
			p.send(okResponse)
		}
	})
	transport := to(t, ps.addr)
	done := make(chan bool)
	for range 10 {
		go func() { get(t, transport); done <- true }()
	}
	for ps.count.Load() < 10 {
		time.Sleep(time.Millisecond)
	}
	close(release)
	for range 10 {
		<-done
	}
	time.Sleep(idle)
	for range 10 {
		get(t, transport)
	}
	if n := ps.count.Load(); n != 11 {
		t.Errorf("%d connections", n)
	}
}

// TestCloseOfBody: closing early keeps the connection only if the rest has arrived.
func TestCloseOfBody(t *testing.T) {
	for _, c := range []struct {
		name, response string
		kept           bool
	}{
		{"all here", okResponse, true},
		{"all here, chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n", true},
		{"more to come", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", false},
		{"more to come, chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			ps := responding(t, c.response)
			transport := to(t, ps.addr)
			for range 2 {
				resp := roundTrip(t, transport, newRequest(t, "GET", nil))
				if err := resp.Body.Close(); err != nil {
					t.Error(err)
				}
				if _, err := resp.Body.Read(make([]byte, 1)); err != http.ErrBodyReadAfterClose {
					t.Errorf("Read after Close: %v", err)
				}
				if err := resp.Body.Close(); err != nil {
					t.Errorf("second Close: %v", err)
				}
			}
			if kept := ps.count.Load() == 1; kept != c.kept {
				t.Errorf("kept %v", kept)
			}
		})
	}
}

// TestCloseUnderRead: Close ends a waiting Read.
func TestCloseUnderRead(t *testing.T) {
	ps := responding(t, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
	resp := roundTrip(t, to(t, ps.addr), newRequest(t, "GET", nil))
	result := make(chan error)
	go func() {
		_, err := resp.Body.Read(make([]byte, 10))
		result <- err
	}()
	time.Sleep(idle)
	resp.Body.Close()
	if err := <-result; err != http.ErrBodyReadAfterClose {
		t.Error(err)
	}
}

// TestEndComesWithData: the last bytes of a body come with io.EOF. The connection can be
// used again then.
func TestEndComesWithData(t *testing.T) {
	for _, response := range []string{okResponse, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"} {
		ps := responding(t, response)
		transport := to(t, ps.addr)
		for range 3 {
			resp := roundTrip(t, transport, newRequest(t, "GET", nil))
			n, err := resp.Body.Read(make([]byte, 10))
			if n != 2 || err != io.EOF {
				t.Errorf("%d, %v", n, err)
			}
		}
		if ps.count.Load() != 1 {
			t.Errorf("%d connections", ps.count.Load())
		}
	}
}

func TestClose(t *testing.T) {
	ps := responding(t, okResponse)
	transport := to(t, ps.addr)
	get(t, transport)
	transport.CloseIdleConnections()
	get(t, transport)
	if ps.count.Load() != 2 {
		t.Errorf("%d connections", ps.count.Load())
	}
	resp := roundTrip(t, transport, newRequest(t, "GET", nil))
	transport.Close()
	if got := readAll(t, resp); got != "hi" {
		t.Errorf("an exchange under way at Close: %q", got)
	}
	_, err := transport.RoundTrip(newRequest(t, "GET", nil))
	wantError(t, err, relay.OpConnect, wroteNothing, false)
	if !errors.Is(err, h1.ErrClosed) {
		t.Error(err)
	}
}

func TestConnectErrors(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	body := newClosing(strings.NewReader("x"))
	_, err = to(t, l.Addr().String()).RoundTrip(newRequest(t, "POST", body))
	wantError(t, err, relay.OpConnect, wroteNothing, false)
	if !errors.Is(err, syscall.ECONNREFUSED) || !body.yes() {
		t.Error(err)
	}
	hangs := func(ctx context.Context) (net.Conn, error) { <-ctx.Done(); return nil, ctx.Err() }
	_, err = newTransport(t, h1.Config{Dial: hangs, ConnectTimeout: time.Millisecond}).RoundTrip(newRequest(t, "GET", nil))
	if e := wantError(t, err, relay.OpConnect, wroteNothing, false); !e.Timeout() {
		t.Error(err)
	}
}

func TestConfigErrors(t *testing.T) {
	for _, c := range []h1.Config{
		{}, {Addr: "no port"}, {Addr: "a:1", MaxHeaders: -1}, {Addr: "a:1", MaxLifetime: -1},
		{Addr: "a:1", MaxConns: -1}, {Addr: "a:1", MinIdle: -1}, {Addr: "a:1", SessionIdleTimeout: -1},
	} {
		if _, err := h1.New(c); err == nil {
			t.Errorf("accepted: %+v", c)
		}
	}
}

// TestOnlyUnsent: with Config.OnlyUnsent the peer sees a request once, whatever its method,
// also on a connection that had served before.
func TestOnlyUnsent(t *testing.T) {
	for _, onlyUnsent := range []bool{false, true} {
		var seen atomic.Int64
		ps := newPeers(t, func(p *peer) {
			p.head()
			seen.Add(1)
			p.send(okResponse)
			if p.head() != "" { // the second request, on a connection that had served before
				seen.Add(1)
			}
		})
		transport := newTransport(t, h1.Config{Addr: ps.addr, OnlyUnsent: onlyUnsent})
		get(t, transport)
		resp, err := transport.RoundTrip(newRequest(t, "GET", nil))
		if err == nil {
			readAll(t, resp)
		}
		if want := int64(3); !onlyUnsent && (err != nil || seen.Load() != want) {
			t.Errorf("%v after %d requests, want %d", err, seen.Load(), want)
		}
		if want := int64(2); onlyUnsent && (err == nil || seen.Load() != want) {
			t.Errorf("%v after %d requests, want %d", err, seen.Load(), want)
		}
	}
}
