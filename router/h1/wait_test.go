package h1_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// far is an endpoint in memory that counts its connections. It responds with the head at
// once, and with the body of two bytes when the client reads it.
type far struct {
	mu      sync.Mutex
	open    int // connections, and those being made
	most    int
	made    int
	refuses error         // if not nil, no connection is made
	delay   time.Duration // to make a connection
	ends    []net.Conn    // the far ends of open connections
	breaks  bool          // the next request on each connection gets no response
}

type nearEnd struct {
	net.Conn
	far  *far
	end  net.Conn
	once sync.Once
}

func (n *nearEnd) Close() error {
	err := n.Conn.Close()
	n.once.Do(func() {
		n.far.count(-1)
		n.far.mu.Lock()
		defer n.far.mu.Unlock()
		n.far.ends = slices.DeleteFunc(n.far.ends, func(c net.Conn) bool { return c == n.end })
	})
	return err
}

func (f *far) count(n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open += n
	f.most = max(f.most, f.open)
}

func (f *far) dial(ctx context.Context) (net.Conn, error) {
	f.count(1)
	if f.delay > 0 {
		select {
		case <-time.After(f.delay):
		case <-ctx.Done():
			f.count(-1)
			return nil, ctx.Err()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refuses != nil {
		f.open--
		return nil, f.refuses
	}
	f.made++
	near, end := net.Pipe()
	f.ends = append(f.ends, end)
	go f.serve(end)
	return &nearEnd{Conn: near, far: f, end: end}, nil
}

func (f *far) serve(end net.Conn) {
	defer end.Close()
	r := bufio.NewReader(end)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		f.mu.Lock()
		breaks := f.breaks
		f.mu.Unlock()
		if breaks {
			return
		}
		response := "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
		if req.Header.Get("Upgrade") != "" {
			response = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
		}
		if _, err := io.WriteString(end, response); err != nil {
			return
		}
		// This write returns when the client has read it.
		if _, err := io.WriteString(end, "hi"); err != nil {
			return
		}
	}
}

// cut closes the far ends of all connections.
func (f *far) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, end := range f.ends {
		end.Close()
	}
}

func (f *far) set(change func(f *far)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

func (f *far) now() (open, most, made int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open, f.most, f.made
}

// call is a request in flight. Its fields may be read once it is over, or when all
// goroutines of the bubble wait.
type call struct {
	cancel context.CancelFunc
	resp   *http.Response
	err    error
	over   bool // RoundTrip has returned
}

// settle waits until all goroutines wait. The check of a connection that was idle for long
// takes a millisecond.
func settle() {
	time.Sleep(5 * time.Millisecond)
	synctest.Wait()
}

func start(t testing.TB, transport *h1.Transport, change ...func(*http.Request)) *call {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	req := newRequestWith(t, ctx, "GET", nil)
	for _, c := range change {
		c(req)
	}
	c := &call{cancel: cancel}
	go func() {
		c.resp, c.err = transport.RoundTrip(req)
		c.over = true
	}()
	settle()
	return c
}

// finish reads the response to its end, so that the connection is put back.
func (c *call) finish(t testing.TB) {
	t.Helper()
	settle()
	if !c.over || c.err != nil {
		t.Fatalf("there is no response to finish: over %v, error %v", c.over, c.err)
	}
	readAll(t, c.resp)
	c.cancel()
	settle()
}

// abort closes the response in the middle, so that the connection is closed.
func (c *call) abort() {
	c.resp.Body.Close()
	c.cancel()
	settle()
}

func (c *call) serving() bool { return c.over && c.err == nil }

// bubble runs a test with a transport to a far endpoint.
func bubble(t *testing.T, config h1.Config, test func(t *testing.T, f *far, transport *h1.Transport)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f := &far{}
		config.Dial = f.dial
		transport, err := h1.New(config)
		if err != nil {
			t.Fatal(err)
		}
		test(t, f, transport)
		transport.Close()
		settle()
		if open, most, _ := f.now(); open != 0 || config.MaxConns > 0 && most > config.MaxConns {
			t.Errorf("%d connections are open in the end, and at most %d were at a time", open, most)
		}
		if s := transport.Stats(); s.Open != 0 || s.Idle != 0 || s.Waiters != 0 {
			t.Errorf("in the end: %+v", s)
		}
	})
}

// TestWaiting: waiters are served in the order of arrival, whatever happens to the
// connections.
func TestWaiting(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(t *testing.T, c *call)
		made int // connections, for five requests in two slots
	}{
		{"put back", func(t *testing.T, c *call) { c.finish(t) }, 2},
		{"closed", func(_ *testing.T, c *call) { c.abort() }, 5},
		{"canceled", func(t *testing.T, c *call) {
			c.cancel()
			settle()
			if _, err := io.ReadAll(c.resp.Body); err == nil {
				t.Error("a response was read to its end")
			}
			settle()
		}, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, h1.Config{MaxConns: 2}, func(t *testing.T, f *far, transport *h1.Transport) {
				var calls []*call
				for range 5 {
					calls = append(calls, start(t, transport))
				}
				if s := transport.Stats(); s.Open != 2 || s.Waiters != 3 || s.Waited != 3 {
					t.Errorf("%+v", s)
				}
				for i, call := range calls {
					for j, other := range calls {
						if other.over != (j < i+2) {
							t.Errorf("when %d calls are over, call %d is over: %v", i, j, other.over)
						}
					}
					c.end(t, call)
				}
				if _, _, made := f.now(); made != c.made {
					t.Errorf("%d connections made", made)
				}
			})
		})
	}
}

// TestTooManyWaiters: a request beyond MaxWaiters is refused with an error that says why.
func TestTooManyWaiters(t *testing.T) {
	for _, c := range []struct{ maxWaiters, waiting int }{{2, 2}, {-1, 0}} {
		bubble(t, h1.Config{Addr: "web:80", MaxConns: 1, MaxWaiters: c.maxWaiters}, func(t *testing.T, f *far, transport *h1.Transport) {
			first := start(t, transport)
			var waiting []*call
			for range c.waiting {
				waiting = append(waiting, start(t, transport))
			}
			body := newClosing(strings.NewReader(""))
			refused := start(t, transport, func(r *http.Request) { r.Body, r.ContentLength = body, -1; r.Method = "POST" })
			e := wantError(t, refused.err, relay.OpWait, wroteNothing, false)
			if !errors.Is(e, h1.ErrTooManyWaiters) || !body.yes() || e.Timeout() {
				t.Errorf("%v; body closed %v", e, body.yes())
			}
			if c.maxWaiters == 2 {
				const want = "h1: wait for connection to web:80: too many requests are waiting for a connection (2, with 1 connections in use)"
				if e.Error() != want {
					t.Errorf("%s", e)
				}
			}
			first.finish(t)
			for _, w := range waiting {
				w.finish(t)
			}
			start(t, transport).finish(t)
			if s := transport.Stats(); s.TooManyWaiters != 1 || s.Waited != uint64(c.waiting) || s.Connects != 1 {
				t.Errorf("%+v", s)
			}
		})
	}
}

// TestWaiterIsCancelled: a waiter leaves the queue when its context ends.
func TestWaiterIsCancelled(t *testing.T) {
	bubble(t, h1.Config{MaxConns: 1, MaxWaiters: 2}, func(t *testing.T, f *far, transport *h1.Transport) {
		first, second, third := start(t, transport), start(t, transport), start(t, transport)
		second.cancel()
		settle()
		e := wantError(t, second.err, relay.OpWait, wroteNothing, false)
		if !errors.Is(e, context.Canceled) {
			t.Error(e)
		}
		fourth := start(t, transport)
		first.finish(t)
		if !third.serving() || fourth.over {
			t.Errorf("third over %v, fourth over %v", third.over, fourth.over)
		}
		third.finish(t)
		fourth.finish(t)
	})
}

// TestWaiterIsCancelledAtHandOff: a connection or a slot that is handed off to a waiter
// which is cancelled at that moment goes to the next waiter.
func TestWaiterIsCancelledAtHandOff(t *testing.T) {
	// With one processor the waiter does not notice the end of its context before
	// something is handed off to it.
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	puts := func(c *call) { _, _ = io.ReadFull(c.resp.Body, make([]byte, 2)) }
	closes := func(c *call) { c.resp.Body.Close() }
	for _, c := range []struct {
		name string
		do   func(first, second *call)
		made int // connections; 0: depends on what the waiter notices first
	}{
		{"canceled, then put back", func(first, second *call) { second.cancel(); puts(first) }, 1},
		{"canceled, then closed", func(first, second *call) { second.cancel(); closes(first) }, 2},
		{"put back, then canceled", func(first, second *call) { puts(first); second.cancel() }, 0},
		{"closed, then canceled", func(first, second *call) { closes(first); second.cancel() }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			for range 50 {
				bubble(t, h1.Config{MaxConns: 1}, func(t *testing.T, f *far, transport *h1.Transport) {
					first, second, third := start(t, transport), start(t, transport), start(t, transport)
					c.do(first, second)
					settle()
					if second.serving() {
						second.abort()
					} else if !errors.Is(second.err, context.Canceled) {
						t.Error(second.err)
					}
					third.finish(t)
					first.cancel()
					if _, _, made := f.now(); c.made > 0 && made != c.made {
						t.Errorf("%d connections made", made)
					}
				})
			}
		})
	}
}

// TestConnectFailsWhileOthersWait: each waiter tries to connect for itself.
func TestConnectFailsWhileOthersWait(t *testing.T) {
	bubble(t, h1.Config{MaxConns: 1}, func(t *testing.T, f *far, transport *h1.Transport) {
		first, second, third := start(t, transport), start(t, transport), start(t, transport)
		refused := errors.New("refused")
		f.set(func(f *far) { f.refuses = refused })
		first.abort()
		for _, c := range []*call{second, third} {
			if e := wantError(t, c.err, relay.OpConnect, wroteNothing, false); !errors.Is(e, refused) {
				t.Error(e)
			}
		}
		f.set(func(f *far) { f.refuses = nil })
		start(t, transport).finish(t)
		if s := transport.Stats(); s.ConnectFailures != 2 || s.Connects != 2 {
			t.Errorf("%+v", s)
		}
	})
}

// TestCancelledWhileConnecting: the slot of a connection that was not made goes to the next
// waiter, and that does not count as a failed dial.
func TestCancelledWhileConnecting(t *testing.T) {
	bubble(t, h1.Config{MaxConns: 1}, func(t *testing.T, f *far, transport *h1.Transport) {
		f.delay = time.Second / 2
		first, second := start(t, transport), start(t, transport)
		first.cancel()
		settle()
		wantError(t, first.err, relay.OpConnect, wroteNothing, false)
		time.Sleep(time.Second)
		second.finish(t)
		if s := transport.Stats(); s.ConnectFailures != 0 || s.Connects != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// TestStaleWithinBound: the connection that replaces a dead one gets its slot.
func TestStaleWithinBound(t *testing.T) {
	for _, idle := range []time.Duration{0, 2 * time.Second} { // noticed during the request, and before it
		bubble(t, h1.Config{MaxConns: 2}, func(t *testing.T, f *far, transport *h1.Transport) {
			one, two := start(t, transport), start(t, transport)
			one.finish(t)
			two.finish(t)
			f.cut()
			time.Sleep(idle)
			one, two, three := start(t, transport), start(t, transport), start(t, transport)
			if three.over {
				t.Error("there are three connections")
			}
			one.finish(t)
			two.finish(t)
			three.finish(t)
			if _, _, made := f.now(); made != 4 {
				t.Errorf("%d connections made", made)
			}
		})
	}
}

// TestBrokenWithinBound: a request that fails on a kept connection and on the new one after
// it releases its slot.
func TestBrokenWithinBound(t *testing.T) {
	bubble(t, h1.Config{MaxConns: 1}, func(t *testing.T, f *far, transport *h1.Transport) {
		start(t, transport).finish(t)
		f.set(func(f *far) { f.breaks = true })
		wantError(t, start(t, transport).err, relay.OpRead, wroteAll, false)
		f.set(func(f *far) { f.breaks = false })
		start(t, transport).finish(t)
		f.set(func(f *far) { f.breaks = true })
		post := start(t, transport, func(r *http.Request) { r.Method = "POST" })
		wantError(t, post.err, relay.OpRead, wroteAll, false)
		f.set(func(f *far) { f.breaks = false })
		start(t, transport).finish(t)
	})
}

// TestDeadAtHandOff: a connection that died when it was handed off is not used by the
// waiter, which makes another one.
func TestDeadAtHandOff(t *testing.T) {
	bubble(t, h1.Config{MaxConns: 1}, func(t *testing.T, f *far, transport *h1.Transport) {
		first, second := start(t, transport), start(t, transport)
		if _, err := io.ReadFull(first.resp.Body, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
		f.cut() // the last byte is in the client's buffer
		first.finish(t)
		second.finish(t)
	})
}

// TestLifetimeAtHandOff: a connection past MaxLifetime is not used by the waiter.
func TestLifetimeAtHandOff(t *testing.T) {
	bubble(t, h1.Config{MaxConns: 1, MaxLifetime: time.Minute}, func(t *testing.T, f *far, transport *h1.Transport) {
		first, second := start(t, transport), start(t, transport)
		time.Sleep(time.Hour)
		first.finish(t)
		second.finish(t)
		if _, _, made := f.now(); made != 2 {
			t.Errorf("%d connections made", made)
		}
	})
}

// TestTunnelCounts: a tunnel holds one slot as long as it is open.
func TestTunnelCounts(t *testing.T) {
	bubble(t, h1.Config{MaxConns: 1}, func(t *testing.T, f *far, transport *h1.Transport) {
		tunnel := start(t, transport, func(r *http.Request) {
			r.Header.Set("Connection", "Upgrade")
			r.Header.Set("Upgrade", "x")
		})
		if !tunnel.serving() || tunnel.resp.StatusCode != 101 {
			t.Fatalf("%+v", tunnel)
		}
		second, third := start(t, transport), start(t, transport)
		time.Sleep(24 * time.Hour)
		if second.over || transport.Stats().Open != 1 {
			t.Error("the tunnel holds no slot")
		}
		for range 2 {
			tunnel.resp.Body.Close()
			settle()
		}
		if third.over {
			t.Error("the tunnel released two slots")
		}
		second.finish(t)
		third.finish(t)
	})
}

// TestCloseWhileWaiting: Close ends the wait of all waiters. A call that has its response
// can finish.
func TestCloseWhileWaiting(t *testing.T) {
	bubble(t, h1.Config{MaxConns: 1}, func(t *testing.T, f *far, transport *h1.Transport) {
		first, second, third := start(t, transport), start(t, transport), start(t, transport)
		transport.Close()
		settle()
		for _, c := range []*call{second, third} {
			if e := wantError(t, c.err, relay.OpConnect, wroteNothing, false); !errors.Is(e, h1.ErrClosed) {
				t.Error(e)
			}
		}
		first.finish(t)
	})
}

// TestCloseIdleReleasesSlots: a connection that is closed while idle releases its slot,
// whatever closed it.
func TestCloseIdleReleasesSlots(t *testing.T) {
	for name, close := range map[string]func(*h1.Transport){
		"CloseIdleConnections": (*h1.Transport).CloseIdleConnections,
		"idle":                 func(*h1.Transport) { time.Sleep(2 * time.Minute); settle() },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, h1.Config{MaxConns: 2, MaxWaiters: -1}, func(t *testing.T, f *far, transport *h1.Transport) {
				for range 3 {
					one, two := start(t, transport), start(t, transport)
					one.finish(t)
					two.finish(t)
					close(transport)
					if open, _, _ := f.now(); open != 0 {
						t.Errorf("%d open", open)
					}
				}
			})
		})
	}
}
