package router_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m)
}

// canned is a transport that a test writes down.
type canned func(*http.Request) (*http.Response, error)

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) { return c(r) }

// answer is a response with these headers and a body.
func answer(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &http.Response{
		StatusCode: status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: h, Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// names makes a router's interpreter of a fake namer below /#/fake.
func names(t testing.TB, namer resolve.Namer) *resolve.DefaultInterpreter {
	t.Helper()
	in, err := resolve.New(resolve.Config{
		Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: namer}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// fixture is a router in front of a fake namer. Unless a test says otherwise
// every replica answers 200 with its address.
type fixture struct {
	*router.Router
	names *resolvetest.Namer
}

func start(t testing.TB, change ...func(*router.Config)) *fixture {
	t.Helper()
	f := &fixture{names: new(resolvetest.Namer)}
	config := router.Config{
		Dtab:        resolve.MustDtab("/svc => /#/fake"),
		Interpreter: names(t, f.names),
		NewTransport: func(a resolve.Address, _ router.TransportConfig) http.RoundTripper {
			text := a.AddrPort.String()
			return canned(func(*http.Request) (*http.Response, error) { return answer(200, text), nil })
		},
	}
	for _, c := range change {
		c(&config)
	}
	var err error
	if f.Router, err = router.New(config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// over makes every replica a transport of the test.
func over(transport canned) func(*router.Config) {
	return func(c *router.Config) {
		c.NewTransport = func(resolve.Address, router.TransportConfig) http.RoundTripper { return transport }
	}
}

// sockets makes the replicas real ones.
func sockets(c *router.Config) { c.NewTransport = nil }

func request(t testing.TB, host string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+host+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ask sends a request and returns the answer's body.
func (f *fixture) ask(r *http.Request) (string, error) {
	resp, err := f.RoundTrip(r)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func (f *fixture) mustAsk(t testing.TB, r *http.Request) string {
	t.Helper()
	body, err := f.ask(r)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// failure is the error of a request, which must fail.
func (f *fixture) failure(t testing.TB, r *http.Request) *router.Error {
	t.Helper()
	body, err := f.ask(r)
	if err == nil {
		t.Fatalf("answered %q, want an error", body)
	}
	return asError(t, err)
}

func asError(t testing.TB, err error) *router.Error {
	t.Helper()
	failed, ok := err.(*router.Error)
	if !ok {
		t.Fatalf("%T %v, want a *router.Error", err, err)
	}
	return failed
}

// backend starts a server and returns its address.
func backend(t testing.TB, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// watchedBody is a request body that knows how often it was closed.
type watchedBody struct {
	io.Reader
	mu     sync.Mutex
	closed int
}

func (b *watchedBody) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed++
	return nil
}

func (b *watchedBody) closes() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.closed
}

var errTest = errors.New("out of order")

// interpreterFunc binds by a function.
type interpreterFunc func(resolve.Dtab, resolve.Path) *resolve.Activity[resolve.NameTree[*resolve.Bound]]

func (f interpreterFunc) Bind(d resolve.Dtab, p resolve.Path) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
	return f(d, p)
}

// anything binds every name to one replica set.
func anything() resolve.Interpreter {
	bound := &resolve.Bound{
		ID:   resolve.MustPath("/#/any"),
		Addr: resolve.Const(resolve.Replicas{Addresses: []resolve.Address{{Weight: 1}}}),
	}
	return interpreterFunc(func(resolve.Dtab, resolve.Path) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
		return resolve.Const(resolve.LeafOf(bound))
	})
}

// with is r with another context.
func with(ctx context.Context, r *http.Request) *http.Request { return r.WithContext(ctx) }

// wire starts a replica that answers 200 and gives the heads of its requests
// as they stood on the wire.
func wire(t testing.TB) (addr string, heads <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	seen, done := make(chan string, 1), make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			var head strings.Builder
			for in := bufio.NewReader(conn); !strings.HasSuffix(head.String(), "\r\n\r\n"); {
				line, err := in.ReadString('\n')
				if err != nil {
					break
				}
				head.WriteString(line)
			}
			seen <- head.String()
			io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return l.Addr().String(), seen
}

// transportOf is the router's own transport or that of net/http.
func transportOf(own bool) func(*router.Config) {
	return func(c *router.Config) {
		if !own {
			c.NewTransport = router.HTTPTransport
		}
	}
}

func samePath(a, b resolve.Path) bool { return a == b }

// countingBackend is a server that counts its connections.
func countingBackend(t testing.TB, connections *atomic.Int64, handler http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewUnstartedServer(handler)
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

// breaking is a replica that says something and closes the connection whenever
// it has seen the whole of a request; seen counts these. A warm one answers the
// first request as it should.
func breaking(t testing.TB, warm bool, answer string) (addr string, seen *atomic.Int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	seen = new(atomic.Int64)
	var serving sync.WaitGroup
	var first atomic.Bool
	first.Store(warm)
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				for {
					r, err := http.ReadRequest(in)
					if err != nil {
						return
					}
					if _, err := io.Copy(io.Discard, r.Body); err != nil {
						return
					}
					if first.Swap(false) {
						io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
						continue
					}
					seen.Add(1)
					io.WriteString(conn, answer)
					return
				}
			})
		}
	})
	t.Cleanup(func() { l.Close(); serving.Wait() })
	return l.Addr().String(), seen
}
