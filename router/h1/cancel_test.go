package h1_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

var errCancelled = errors.New("the caller cancelled")

// TestCancel: at whatever step the caller cancels, RoundTrip or the read of the body
// returns soon, and the peer sees the connection closed.
func TestCancel(t *testing.T) {
	for _, c := range []struct {
		name    string
		sent    string // by the peer; the step is reached when the client has read it
		body    func() io.Reader
		length  int64
		noReads bool // the peer does not read the body
		op      string
		wrote   wrote
		got     bool // a response had begun
	}{
		{name: "no response", op: relay.OpRead, wrote: wroteAll},
		{name: "half a head", sent: "HTTP/1.1 200", op: relay.OpRead, wrote: wroteAll, got: true},
		{name: "half a body", sent: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nh", op: relay.OpResponseBody, wrote: wroteAll, got: true},
		{name: "half a chunk", sent: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nh", op: relay.OpResponseBody, wrote: wroteAll, got: true},
		{name: "body does not come", body: func() io.Reader { r, _ := io.Pipe(); return r }, length: -1, op: relay.OpRead, wrote: wroteSome},
		{name: "peer does not read a stream", noReads: true,
			body: func() io.Reader { return onlyReader{bytes.NewReader(make([]byte, 64<<20))} }, length: 64 << 20, op: relay.OpRead, wrote: wroteSome},
	} {
		for _, at := range []struct {
			name  string
			step  bool // the time runs from the step, and not from the start
			after time.Duration
		}{{"at the start", false, 0}, {"1ms after the start", false, time.Millisecond}, {"at the step", true, 0}, {"30ms after the step", true, 30 * time.Millisecond}} {
			t.Run(c.name+" "+at.name, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(context.Background())
				defer cancel(nil)
				reached := func() {
					if at.step {
						cancelAfter(at.after, cancel)
					}
				}
				closed := make(chan bool, 1)
				ps := newPeers(t, func(p *peer) {
					if p.head() != "" && c.sent == "" {
						reached()
					}
					p.send(c.sent)
					if c.noReads {
						<-ctx.Done()
					}
					_, _ = io.Copy(io.Discard, p)
					closed <- true
				})
				transport := newTransport(t, h1.Config{Dial: func(ctx context.Context) (net.Conn, error) {
					conn, err := new(net.Dialer).DialContext(ctx, "tcp", ps.addr)
					if err != nil {
						return nil, err
					}
					return &countingReader{conn.(*net.TCPConn), len(c.sent), reached}, nil
				}})
				var body io.Reader
				var watched *closing
				if c.body != nil {
					watched = newClosing(c.body())
					body = watched
				}
				req := newRequestWith(t, ctx, "POST", body)
				req.ContentLength = c.length
				if !at.step {
					cancelAfter(at.after, cancel)
				}
				resp, err := transport.RoundTrip(req)
				if err == nil {
					_, err = io.ReadAll(resp.Body)
				}
				if !errors.Is(err, context.Canceled) || !errors.Is(err, errCancelled) {
					t.Fatalf("%v", err)
				}
				if at.step {
					wantError(t, err, c.op, c.wrote, c.got)
				}
				if ps.count.Load() > 0 {
					<-closed
				}
				if watched != nil {
					<-watched.done
				}
			})
		}
	}
}

func cancelAfter(d time.Duration, cancel context.CancelCauseFunc) {
	if d == 0 {
		cancel(errCancelled)
		return
	}
	time.AfterFunc(d, func() { cancel(errCancelled) })
}

// countingReader is a connection that calls reached when left bytes were read.
type countingReader struct {
	*net.TCPConn
	left    int
	reached func()
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	if left := c.left; left > 0 {
		if c.left -= n; c.left <= 0 {
			c.reached()
		}
	}
	return n, err
}

// TestCancelAfterTheExchange: a context that ends after its exchange does not affect the
// connection, which may serve another request then.
func TestCancelAfterTheExchange(t *testing.T) {
	ps := newPeers(t, func(p *peer) {
		for i := 0; p.head() != ""; i++ {
			if i%3 == 0 {
				time.Sleep(8 * time.Millisecond) // long enough to be watched
			}
			p.send(okResponse)
		}
	})
	transport := to(t, ps.addr)
	for range 10 {
		ctx, cancel := context.WithCancel(context.Background())
		resp := roundTrip(t, transport, newRequestWith(t, ctx, "GET", nil))
		readAll(t, resp)
		cancel()
	}
	get(t, transport) // no deadline may be left from before
	if ps.count.Load() != 1 {
		t.Errorf("%d connections", ps.count.Load())
	}
}

// TestSlowResponses: the read deadlines that are set internally never fail a request.
func TestSlowResponses(t *testing.T) {
	response := "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nA: b\r\n\r\n"
	ps := newPeers(t, func(p *peer) {
		for p.head() != "" {
			for rest := response; rest != ""; {
				n := min(9, len(rest))
				time.Sleep(6 * time.Millisecond)
				p.send(rest[:n])
				rest = rest[n:]
			}
		}
	})
	transport := to(t, ps.addr)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, ctx := range []context.Context{ctx, context.Background(), ctx} {
		resp := roundTrip(t, transport, newRequestWith(t, ctx, "GET", nil))
		if got := readAll(t, resp); got != "hi" || resp.Trailer.Get("A") != "b" {
			t.Errorf("%q", got)
		}
	}
	if ps.count.Load() != 1 {
		t.Errorf("%d connections", ps.count.Load())
	}
}

func TestDeadline(t *testing.T) {
	ps := responding(t, "")
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err := to(t, ps.addr).RoundTrip(newRequestWith(t, ctx, "GET", nil))
	e := wantError(t, err, relay.OpRead, wroteAll, false)
	if !errors.Is(err, context.DeadlineExceeded) || !e.Timeout() {
		t.Error(err)
	}
	_, err = to(t, ps.addr).RoundTrip(newRequestWith(t, ctx, "GET", nil))
	wantError(t, err, relay.OpConnect, wroteNothing, false)
	if ps.count.Load() != 1 {
		t.Error("a connection was made for a request whose context had ended")
	}
}

// TestCancelWhileConnecting: Dial gets the context of the request.
func TestCancelWhileConnecting(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	transport := newTransport(t, h1.Config{Dial: func(ctx context.Context) (net.Conn, error) {
		cancel(errCancelled)
		<-ctx.Done()
		return nil, ctx.Err()
	}})
	_, err := transport.RoundTrip(newRequestWith(t, ctx, "POST", strings.NewReader("x")))
	wantError(t, err, relay.OpConnect, wroteNothing, false)
	if !errors.Is(err, errCancelled) || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
