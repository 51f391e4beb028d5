package proxy_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy"
)

// serving is a proxy.Server on a real socket.
type serving struct {
	*proxy.Server
	addr   string
	served chan error
}

func serve(t testing.TB, handler http.Handler) *serving {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveAt(t, handler, l)
}

func serveAt(t testing.TB, handler http.Handler, l net.Listener) *serving {
	t.Helper()
	return serveConfigured(t, handler, l, proxy.ServerConfig{SoleListeners: true})
}

func serveWith(t testing.TB, handler http.Handler, config proxy.ServerConfig) *serving {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveConfigured(t, handler, l, config)
}

func serveConfigured(t testing.TB, handler http.Handler, l net.Listener, config proxy.ServerConfig) *serving {
	t.Helper()
	s := &serving{proxy.NewServer(handler, config), l.Addr().String(), make(chan error, 1)}
	go func() { s.served <- s.Serve(l) }()
	t.Cleanup(func() {
		now, cancel := context.WithCancel(context.Background())
		cancel()
		s.Shutdown(now)
	})
	return s
}

// shutdown drains the server, with time enough, and returns when that is over.
func (s *serving) shutdown(t testing.TB) (over <-chan struct{}) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Shutdown(context.Background()); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-s.served; err != nil {
			t.Errorf("serve: %v", err)
		}
	}()
	return done
}

// closed waits until the server does not listen any more.
func (s *serving) closed(t testing.TB) {
	t.Helper()
	for {
		conn, err := net.Dial("tcp", s.addr)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return
		}
		if err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Fatal(err)
		}
		if err == nil {
			conn.Close()
		}
	}
}

// caller is a client's end of a connection.
type caller struct {
	net.Conn
	in *bufio.Reader
}

func (s *serving) dial(t testing.TB) *caller {
	t.Helper()
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	return &caller{conn, bufio.NewReader(conn)}
}

func (c *caller) send(t testing.TB, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// answer reads an answer, and says whether it is the last one.
func (c *caller) answer(t testing.TB) (status int, last bool) {
	t.Helper()
	resp, err := http.ReadResponse(c.in, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode, resp.Close
}

const aGet = "GET / HTTP/1.1\r\nHost: web\r\n\r\n"

// TestDrainAnswersAreTheLast: those of requests that were in flight when the
// drain began, and those that came after it on connections that were there.
func TestDrainAnswersAreTheLast(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	backend := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			arrived <- struct{}{}
			select {
			case <-release:
			case <-r.Context().Done(): // the test has failed
			}
		}
	})
	for _, row := range []struct {
		name, request string
		status        int
	}{
		{"answer", aGet, 200},
		{"refusal", "GET / HTTP/1.1\r\nHost: nobody\r\n\r\n", 502},
		{"refusal of a bad dtab", "GET / HTTP/1.1\r\nHost: web\r\nl5d-dtab: nope\r\n\r\n", 400},
		{"HEAD", "HEAD / HTTP/1.1\r\nHost: web\r\n\r\n", 200},
		{"HTTP/1.0 that would stay", "GET / HTTP/1.0\r\nHost: web\r\nConnection: keep-alive\r\n\r\n", 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := startHop(t, startBackend(t, backend))
			s := serve(t, h.server)
			before, idle, fresh := s.dial(t), s.dial(t), s.dial(t)
			idle.send(t, aGet)
			if status, last := idle.answer(t); status != 200 || last {
				t.Fatalf("status %d, last %v before the drain", status, last)
			}
			before.send(t, "GET /slow HTTP/1.1\r\nHost: web\r\n\r\n")
			<-arrived
			over := s.shutdown(t)
			s.closed(t)
			for _, c := range []*caller{idle, fresh} {
				c.send(t, row.request)
				if strings.HasPrefix(row.request, "HEAD") {
					resp, err := http.ReadResponse(c.in, &http.Request{Method: "HEAD"})
					if err != nil || !resp.Close {
						t.Errorf("%v %v", resp, err)
					}
				} else if status, last := c.answer(t); status != row.status || !last {
					t.Errorf("status %d, last %v; want %d, last", status, last, row.status)
				}
				if n, err := c.in.Read(make([]byte, 1)); n != 0 || err != io.EOF {
					t.Errorf("after the last answer: %d bytes, %v", n, err)
				}
			}
			release <- struct{}{}
			if status, last := before.answer(t); status != 200 || !last {
				t.Errorf("in flight when the drain began: status %d, last %v", status, last)
			}
			<-over
		})
	}
}

// TestDrainOfOtherHandlers: a handler that knows nothing of drains.
func TestDrainOfOtherHandlers(t *testing.T) {
	s := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	c := s.dial(t)
	c.send(t, aGet)
	if _, last := c.answer(t); last {
		t.Error("the last answer before the drain")
	}
	over := s.shutdown(t)
	s.closed(t)
	c.send(t, aGet)
	if status, last := c.answer(t); status != 200 || !last {
		t.Errorf("status %d, last %v", status, last)
	}
	<-over
}

// TestDrainResetsNobody: a client that sends a request at the moment in which its
// idle connection is closed finds it closed, not reset, and the request not
// served.
func TestDrainResetsNobody(t *testing.T) {
	var served atomic.Int64
	s := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
	var wait sync.WaitGroup
	var tried atomic.Int64
	callers := make([]*caller, 8)
	for i := range callers {
		callers[i] = s.dial(t)
	}
	over := s.shutdown(t)
	for _, c := range callers {
		wait.Go(func() {
			defer c.Close()
			if _, err := c.in.Peek(1); err != io.EOF {
				t.Errorf("%v, want the end", err)
			}
			seen := time.Now()
			_, err := io.WriteString(c, aGet) // this client did not look
			n, readErr := c.Read(make([]byte, 1))
			if time.Since(seen) > 100*time.Millisecond {
				return // so late that a reset is in order
			}
			tried.Add(1)
			if err != nil || n != 0 || readErr != io.EOF {
				t.Errorf("a late request: %v, %d bytes, %v; want the end", err, n, readErr)
			}
		})
	}
	wait.Wait()
	<-over
	if tried.Load() == 0 {
		t.Skip("the machine is too slow to send a request in time")
	}
	if got := served.Load(); got != 0 {
		t.Errorf("%d requests were served", got)
	}
}

// TestDrainWaitsForHeads: a head that had begun is read to its end.
func TestDrainWaitsForHeads(t *testing.T) {
	s := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	c := s.dial(t)
	c.send(t, aGet)
	c.answer(t)
	c.send(t, "G")
	other := s.dial(t)
	over := s.shutdown(t)
	if _, err := other.in.Peek(1); err != io.EOF { // idle ones were closed
		t.Fatal(err)
	}
	c.send(t, aGet[1:])
	if status, last := c.answer(t); status != 200 || !last {
		t.Errorf("status %d, last %v", status, last)
	}
	<-over
}

// gate is a listener whose connections wait until they are let through.
type gate struct {
	*net.TCPListener
	open chan struct{}
	once sync.Once
}

func (g *gate) Accept() (net.Conn, error) {
	<-g.open
	return g.TCPListener.Accept()
}

// SetDeadline is called by the server when it stops accepting.
func (g *gate) SetDeadline(at time.Time) error {
	defer g.once.Do(func() { close(g.open) })
	return g.TCPListener.SetDeadline(at)
}

// TestDrainAcceptsWhatIsThere: a connection that the system has made, and whose
// request may have been sent, is not reset because nobody has accepted it yet.
func TestDrainAcceptsWhatIsThere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := serveAt(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), &gate{TCPListener: l.(*net.TCPListener), open: make(chan struct{})})
	var callers []*caller
	for range 20 {
		c := s.dial(t)
		c.send(t, aGet)
		callers = append(callers, c)
	}
	over := s.shutdown(t)
	for _, c := range callers {
		if status, last := c.answer(t); status != 200 || !last {
			t.Errorf("status %d, last %v", status, last)
		}
	}
	<-over
}

// TestDrainUnderHammering: clients that connect again and again, up to the last
// moment, have an answer to each request that they could send.
func TestDrainUnderHammering(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("one connection may be lost here: see ServerConfig.SoleListeners")
	}
	var served, answered atomic.Int64
	for range 5 {
		s := serve(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served.Add(1) }))
		var wait sync.WaitGroup
		begun := make(chan struct{}, 16)
		for range cap(begun) {
			wait.Go(func() {
				for first := true; s.hammer(t, &answered); first = false {
					if first {
						begun <- struct{}{}
					}
				}
			})
		}
		for range cap(begun) {
			<-begun
		}
		<-s.shutdown(t)
		wait.Wait()
	}
	if served, answered := served.Load(), answered.Load(); served != answered {
		t.Errorf("%d requests were served, %d answered", served, answered)
	}
}

// hammer sends requests on one connection until it closes. It returns false if no
// connection can be made.
func (s *serving) hammer(t *testing.T, answered *atomic.Int64) bool {
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Error(err)
		}
		return false
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	for range 3 {
		began := time.Now()
		_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1\r\n\r\nx")
		var resp *http.Response
		if err == nil {
			resp, err = http.ReadResponse(in, nil)
		}
		if err != nil {
			if time.Since(began) < 200*time.Millisecond { // or this client was too slow to complain
				t.Error(err)
			}
			return true
		}
		answered.Add(1)
		if resp.Close {
			return true
		}
	}
	return true
}

// TestReplace: requests that have begun stay with their handler, and it is
// known when the last of them is over.
func TestReplace(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	named := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				arrived <- struct{}{}
				<-release
			}
			w.Header()["By"] = []string{name}
		})
	}
	s := serve(t, named("one"))
	slow, c := s.dial(t), s.dial(t)
	by := func(c *caller) string {
		t.Helper()
		resp, err := http.ReadResponse(c.in, nil)
		if err != nil {
			t.Fatal(err)
		}
		return resp.Header.Get("By")
	}
	slow.send(t, "GET /slow HTTP/1.1\r\nHost: web\r\n\r\n")
	<-arrived
	one := s.Replace(named("two"))
	c.send(t, aGet)
	if got := by(c); got != "two" {
		t.Errorf("served by %s", got)
	}
	two := s.Replace(named("three"))
	<-two
	select {
	case <-one:
		t.Error("the first handler is over, but has a request")
	default:
	}
	close(release)
	if got := by(slow); got != "one" {
		t.Errorf("served by %s", got)
	}
	<-one
	c.send(t, aGet)
	if got := by(c); got != "three" {
		t.Errorf("served by %s", got)
	}
}

// TestReplaceUnderLoad: no handler is over while it serves.
func TestReplaceUnderLoad(t *testing.T) {
	type generation struct {
		http.Handler
		over atomic.Bool
	}
	make := func() *generation {
		g := new(generation)
		g.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			if g.over.Load() {
				t.Error("a handler serves that is over")
			}
		})
		return g
	}
	now := make()
	s := serve(t, now)
	var wait sync.WaitGroup
	var stop atomic.Bool
	for range 4 {
		wait.Go(func() {
			c := s.dial(t)
			for !stop.Load() {
				c.send(t, aGet)
				if status, _ := c.answer(t); status != 200 {
					t.Errorf("status %d", status)
				}
			}
		})
	}
	for range 1000 {
		next := make()
		<-s.Replace(next)
		now.over.Store(true)
		now = next
	}
	stop.Store(true)
	wait.Wait()
}
