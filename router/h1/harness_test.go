package h1_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peer is one connection of a scripted server.
type peer struct {
	net.Conn
	*bufio.Reader
	number int // of the connection, from 1
}

func (p *peer) Read(b []byte) (int, error) { return p.Reader.Read(b) }

// head reads a request's head and returns its text.
func (p *peer) head() string {
	var b strings.Builder
	for {
		line, err := p.ReadString('\n')
		b.WriteString(line)
		if err != nil || line == "\r\n" {
			return b.String()
		}
	}
}

func (p *peer) send(s string) { _, _ = io.WriteString(p.Conn, s) }

// peers is a server that runs a script on each connection and closes it afterwards.
type peers struct {
	addr  string
	count atomic.Int64
}

func newPeers(t testing.TB, script func(p *peer)) *peers {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ps := &peers{addr: l.Addr().String()}
	var open sync.Map
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			open.Store(conn, true)
			n := int(ps.count.Add(1))
			running.Go(func() {
				defer conn.Close()
				script(&peer{conn, bufio.NewReader(conn), n})
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		open.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
		running.Wait()
	})
	return ps
}

// responding sends the same bytes after the head of each request, and ignores all else.
func responding(t testing.TB, response string) *peers {
	return newPeers(t, func(p *peer) {
		for p.head() != "" {
			p.send(response)
		}
	})
}

func newTransport(t testing.TB, config h1.Config) *h1.Transport {
	t.Helper()
	transport, err := h1.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { transport.Close() })
	return transport
}

func to(t testing.TB, addr string) *h1.Transport {
	return newTransport(t, h1.Config{Addr: addr})
}

// server runs a handler on net/http's server.
func server(t testing.TB, handler http.HandlerFunc) string {
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

func newRequest(t testing.TB, method string, body io.Reader) *http.Request {
	return newRequestWith(t, context.Background(), method, body)
}

func newRequestWith(t testing.TB, ctx context.Context, method string, body io.Reader) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, method, "http://example.test/path?q=1", body)
	if err != nil {
		t.Fatal(err)
	}
	return req
}

// roundTrip fails the test on an error.
func roundTrip(t testing.TB, rt http.RoundTripper, req *http.Request) *http.Response {
	t.Helper()
	resp, err := rt.RoundTrip(req)
	if err != nil {
		t.Fatalf("RoundTrip: %v", err)
	}
	return resp
}

// get makes a GET request and reads the response to its end.
func get(t testing.TB, rt http.RoundTripper) (int, string) {
	t.Helper()
	resp := roundTrip(t, rt, newRequest(t, "GET", nil))
	return resp.StatusCode, readAll(t, resp)
}

func readAll(t testing.TB, resp *http.Response) string {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("reading the body: %v (after %q)", err, body)
	}
	return string(body)
}

// wrote is how much of a request an error says was written.
type wrote string

const (
	wroteNothing wrote = "nothing"
	wroteSome    wrote = "some"
	wroteAll     wrote = "all"
)

func written(e *h1.Error) wrote {
	switch {
	case e.WroteAll:
		return wroteAll
	case e.Wrote:
		return wroteSome
	}
	return wroteNothing
}

// wantError checks an error and returns it.
func wantError(t testing.TB, err error, op string, want wrote, responded bool) *h1.Error {
	t.Helper()
	var e *h1.Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T), want an *h1.Error", err, err)
	}
	if e.Op != op || written(e) != want || e.Responded != responded {
		t.Fatalf("error %q, %v written, responded %v; want %q, %v, %v (%v)", e.Op, written(e), e.Responded, op, want, responded, err)
	}
	return e
}

// observed records the calls of an [httptrace.ClientTrace].
type observed struct {
	context.Context // with the trace
	mu              sync.Mutex
	steps           []string
	local           string
	remote          string
	refuse          error
}

// observe returns a context that records the steps of an exchange.
func observe() *observed {
	o := &observed{}
	o.Context = httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			o.local, o.remote = info.Conn.LocalAddr().String(), info.Conn.RemoteAddr().String()
			o.step("conn")
		},
		WroteRequest:         func(httptrace.WroteRequestInfo) { o.step("wrote") },
		GotFirstResponseByte: func() { o.step("first") },
		Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
			o.step(http.StatusText(code) + header.Get("Link"))
			return o.refuse
		},
	})
	return o
}

// sending is a transport that hands an exchange down with each request.
type sending struct {
	*h1.Transport
	x *relay.Exchange
}

func (s sending) RoundTrip(r *http.Request) (*http.Response, error) { return s.Send(r, s.x) }

func (o *observed) step(s string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.steps = append(o.steps, s)
}

func (o *observed) all() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.Join(o.steps, " ")
}

// inAnyOrder returns the steps sorted, for streamed bodies: another goroutine reports
// "wrote".
func (o *observed) inAnyOrder() string {
	steps := strings.Fields(o.all())
	slices.Sort(steps)
	return strings.Join(steps, " ")
}
