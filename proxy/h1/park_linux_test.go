package h1_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"runtime"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/h1"
)

// states counts what ConnState was told.
type states struct {
	mu    sync.Mutex
	conns map[net.Conn][]http.ConnState
}

func (s *states) changed(nc net.Conn, state http.ConnState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.conns == nil {
		s.conns = map[net.Conn][]http.ConnState{}
	}
	s.conns[nc] = append(s.conns[nc], state)
}

// open are the server's ends of the connections.
func (s *states) open() (open []net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for nc, all := range s.conns {
		if all[len(all)-1] != http.StateClosed {
			open = append(open, nc)
		}
	}
	return open
}

func startParking(t *testing.T, after time.Duration) (s *h1.Server, addr string, told *states) {
	told = &states{}
	s = h1.New(h1.Config{ConnState: told.changed, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(w, "%s %s", r.URL.Path, body)
	})})
	s.SetParkAfter(after)
	return s, start(t, s), told
}

// eventually waits for something that happens in other goroutines.
func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !happened(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// TestParked: a parked connection serves requests, and ends, as any other.
func TestParked(t *testing.T) {
	const request = "GET /x HTTP/1.1\r\nHost: web\r\n\r\n"
	ask := func(c *client) {
		c.t.Helper()
		if _, body := c.response("GET"); body != "/x " {
			c.t.Errorf("%q", body)
		}
	}
	for _, test := range []struct {
		name string
		do   func(*client, net.Conn)
	}{
		{"a request", func(c *client, _ net.Conn) {
			c.send(request)
			ask(c)
			c.Close()
		}},
		{"requests one after the other", func(c *client, _ net.Conn) {
			c.send(request + request + "POST /y HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\n")
			ask(c)
			ask(c)
			c.send("later")
			if _, body := c.response("POST"); body != "/y later" {
				c.t.Errorf("%q", body)
			}
			c.Close()
		}},
		{"a head in two pieces", func(c *client, _ net.Conn) {
			c.send(request[:10])
			c.send(request[10:])
			ask(c)
			c.Close()
		}},
		{"no request", func(c *client, _ net.Conn) {
			c.send("what?\r\n\r\n")
			if resp, _ := c.response("GET"); resp.StatusCode != 400 {
				c.t.Errorf("status %d", resp.StatusCode)
			}
			c.wantEnd()
		}},
		{"a request and the end of the client's side", func(c *client, _ net.Conn) {
			c.send(request)
			c.finish()
			ask(c)
			c.wantEnd()
		}},
		{"the end of the client's side", func(c *client, _ net.Conn) {
			c.finish()
			c.wantEnd()
		}},
		{"a reset", func(c *client, _ net.Conn) { c.reset() }},
		{"closed by others", func(c *client, server net.Conn) {
			server.Close()
			c.wantEnd()
		}},
		{"closed by the server", func(*client, net.Conn) {}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s, addr, told := startParking(t, 5*time.Millisecond)
			c := dial(t, addr)
			for range 2 {
				eventually(t, "parking", func() bool { return s.Parked() == 1 })
				c.send(request)
				ask(c)
			}
			eventually(t, "parking", func() bool { return s.Parked() == 1 })
			test.do(c, told.open()[0])
			if test.name == "closed by the server" {
				s.Close()
				c.wantEnd()
			}
			eventually(t, "the end of the connection", func() bool { return s.Stats().Connections == 0 && s.Parked() == 0 })
			for _, all := range told.conns {
				if n := bytes.Count([]byte(fmt.Sprint(all)), []byte("closed")); n != 1 {
					t.Errorf("told to be closed %d times: %v", n, all)
				}
			}
		})
	}
}

// TestParkAfter: a connection is not parked before it has been idle for as long as that takes.
func TestParkAfter(t *testing.T) {
	const after = 200 * time.Millisecond
	s, addr, _ := startParking(t, after)
	c := dial(t, addr)
	var last time.Time
	for began := time.Now(); time.Since(began) < after/2; { // so that it becomes idle between two looks
		last = time.Now()
		c.send("GET /x HTTP/1.1\r\nHost: web\r\n\r\n")
		c.response("GET")
	}
	eventually(t, "parking", func() bool { return s.Parked() == 1 })
	if idle := time.Since(last); idle < after {
		t.Errorf("parked after %v", idle)
	}
}

// unparkable is a connection whose descriptor the lot cannot have.
type unparkable struct {
	*net.TCPConn
	refused chan struct{}
}

func (u unparkable) SyscallConn() (syscall.RawConn, error) {
	raw, err := u.TCPConn.SyscallConn()
	return unparkableRaw{raw, u.refused}, err
}

type unparkableRaw struct {
	syscall.RawConn
	refused chan struct{}
}

func (u unparkableRaw) Control(func(uintptr)) error {
	u.refused <- struct{}{}
	return errors.New("no")
}

// unparkables accepts them.
type unparkables struct {
	net.Listener
	refused chan struct{}
}

func (l unparkables) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return unparkable{nc.(*net.TCPConn), l.refused}, nil
}

// TestUnparkable: a connection that cannot be parked keeps its goroutine, and the lot does not
// try again.
func TestUnparkable(t *testing.T) {
	s := h1.New(h1.Config{Handler: http.HandlerFunc(hello)})
	s.SetParkAfter(time.Millisecond)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refused := make(chan struct{}) // a second attempt would wait for ever
	served := make(chan error, 1)
	go func() { served <- s.Serve(unparkables{l, refused}) }()
	c := dial(t, l.Addr().String())
	<-refused
	for range 3 {
		c.send("GET /x HTTP/1.1\r\nHost: web\r\n\r\n")
		if _, body := c.response("GET"); body != "hello, world\n" {
			t.Errorf("%q", body)
		}
	}
	if s.Parked() != 0 {
		t.Error("it is parked")
	}
	s.Close()
	c.wantEnd()
	<-served
}

// TestParkedEnds: nothing is left of the lot when there are no connections any more, and it
// begins again with the next one.
func TestParkedEnds(t *testing.T) {
	s, addr, _ := startParking(t, time.Millisecond)
	before := runtime.NumGoroutine()
	for range 3 {
		c := dial(t, addr)
		eventually(t, "parking", func() bool { return s.Parked() == 1 })
		c.Close()
		eventually(t, "the end of the goroutines", func() bool { return runtime.NumGoroutine() <= before })
	}
}

// TestParkingStress: requests come at the moments in which their connections are parked, and
// others close them then. No request and no response is lost or mixed up.
func TestParkingStress(t *testing.T) {
	s, addr, told := startParking(t, 200*time.Microsecond)
	var running sync.WaitGroup
	end := time.Now().Add(time.Second)
	for i := range 8 {
		running.Go(func() {
			random := rand.New(rand.NewPCG(3, uint64(i)))
			for time.Now().Before(end) {
				conn, err := net.Dial("tcp", addr)
				if err != nil {
					t.Error(err)
					return
				}
				sendSome(t, conn, random)
				conn.Close()
			}
		})
	}
	running.Wait()
	eventually(t, "the end of the connections", func() bool { return s.Stats().Connections == 0 && s.Parked() == 0 })
	if left := told.open(); len(left) > 0 {
		t.Errorf("%d connections were not told to be closed", len(left))
	}
	if s.Unparked() == 0 {
		t.Error("nothing was ever parked")
	}
}

// sendSome sends some requests, each in pieces, with pauses of about the time after which a
// connection is parked.
func sendSome(t *testing.T, conn net.Conn, random *rand.Rand) {
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	in := bufio.NewReader(conn)
	pause := func() {
		for end := time.Now().Add(time.Duration(random.IntN(600)) * time.Microsecond); time.Now().Before(end); {
			runtime.Gosched()
		}
	}
	for n := range random.IntN(30) {
		pause()
		body := bytes.Repeat([]byte("x"), random.IntN(100))
		text := fmt.Appendf(nil, "POST /%d HTTP/1.1\r\nHost: web\r\nContent-Length: %d\r\n\r\n%s", n, len(body), body)
		for cut := random.IntN(3) * random.IntN(len(text)) / 2; len(text) > 0; cut = len(text) {
			if _, err := conn.Write(text[:cut]); err != nil {
				t.Error(err)
				return
			}
			text = text[cut:]
			if len(text) > 0 {
				pause()
			}
		}
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Error(err)
			return
		}
		got, err := io.ReadAll(resp.Body)
		if want := fmt.Sprintf("/%d %s", n, body); err != nil || string(got) != want {
			t.Errorf("%q and %v, want %q", got, err, want)
			return
		}
	}
}
