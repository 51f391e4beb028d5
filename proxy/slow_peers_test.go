package proxy_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/proxy"
)

// peer is a client of a server in a bubble of time.
type peer struct {
	t *testing.T
	*pipe
	in *bufio.Reader
}

func (p *peer) send(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p, text); err != nil {
		p.t.Errorf("sending %q: %v", text, err)
	}
}

// drip sends one byte every so often until the server has closed the connection
// or all is sent.
func (p *peer) drip(text string, every time.Duration) {
	for i := range len(text) {
		if _, err := io.WriteString(p, text[i:i+1]); err != nil {
			return
		}
		time.Sleep(every)
	}
}

func (p *peer) answered(status int) {
	p.t.Helper()
	resp, err := http.ReadResponse(p.in, nil)
	if err != nil {
		p.t.Errorf("no response: %v", err)
		return
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != status {
		p.t.Errorf("status %d, want %d; %v", resp.StatusCode, status, err)
	}
}

// over waits until the server has closed the connection.
func (p *peer) over() {
	_, err := io.Copy(io.Discard, p.in)
	if err != nil && !errors.Is(err, io.ErrClosedPipe) && !errors.Is(err, io.ErrUnexpectedEOF) {
		p.t.Errorf("the connection ended with %v", err)
	}
}

const (
	aPost   = "POST /read HTTP/1.1\r\nHost: web\r\nContent-Length: 10000\r\n\r\n"
	aStream = "GET /stream HTTP/1.1\r\nHost: web\r\n\r\n"
)

// slowHandler does what the path says.
func slowHandler(t *testing.T) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/read", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); errors.Is(err, os.ErrDeadlineExceeded) {
			w.WriteHeader(http.StatusRequestTimeout)
		}
	})
	mux.HandleFunc("/sleep", func(http.ResponseWriter, *http.Request) { time.Sleep(time.Hour) })
	mux.HandleFunc("/large", func(w http.ResponseWriter, r *http.Request) {
		for range 64 {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	})
	mux.HandleFunc("/huge", func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write(make([]byte, 4<<20)) })
	mux.HandleFunc("/stream", func(w http.ResponseWriter, r *http.Request) {
		for range 5 {
			time.Sleep(20 * time.Minute)
			fmt.Fprintln(w, "event")
			_ = http.NewResponseController(w).Flush()
		}
	})
	mux.HandleFunc("/upgrade", func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		io.Copy(conn, conn)
	})
	return mux
}

// TestSlowPeers: how long a server waits for each kind of slow peer, and that it
// waits for ever where it is not the peer who is slow. nginx closes after 60 s
// in place of 30, and after 75 s in place of 100.
func TestSlowPeers(t *testing.T) {
	const head, idle, body, response = 30 * time.Second, 100 * time.Second, 60 * time.Second, 60 * time.Second
	for _, row := range []struct {
		name string
		do   func(*peer)
		ends time.Duration // 0: the server does not end it
		want proxy.ServerStats
	}{
		{"sends nothing", func(p *peer) { p.over() }, head, proxy.ServerStats{HeadTimeouts: 1}},
		{"drips its head", func(p *peer) { p.drip(aGet+strings.Repeat("x", 1000), 2*time.Second); p.over() }, head, proxy.ServerStats{HeadTimeouts: 1}},
		{"one request and nothing more", func(p *peer) { p.send(aGet); p.answered(200); p.over() }, idle, proxy.ServerStats{IdleTimeouts: 1}},
		{"the beginning of a second head", func(p *peer) { p.send(aGet); p.answered(200); p.send("GE"); p.over() }, head, proxy.ServerStats{HeadTimeouts: 1}},
		{"a second head in drips", func(p *peer) {
			p.send(aGet)
			p.answered(200)
			p.drip("GET / HTTP/1.1\r\n"+strings.Repeat("x", 1000), time.Second)
			p.over()
		}, head, proxy.ServerStats{HeadTimeouts: 1}},
		{"the beginning of a second head before the answer", func(p *peer) {
			p.send("GET /sleep HTTP/1.1\r\nHost: web\r\n\r\n")
			time.Sleep(time.Minute)
			p.send("G")
			p.answered(200)
			p.over()
		}, time.Hour + head, proxy.ServerStats{HeadTimeouts: 1}},
		{"a body that never comes", func(p *peer) { p.send(aPost); p.answered(408); p.over() }, body, proxy.ServerStats{BodyTimeouts: 1}},
		{"a body that stops", func(p *peer) { p.send(aPost + "123"); p.answered(408); p.over() }, body, proxy.ServerStats{BodyTimeouts: 1}},
		{"a chunk that never ends", func(p *peer) {
			p.send("POST /read HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
			p.answered(408)
			p.over()
		}, body, proxy.ServerStats{BodyTimeouts: 1}},
		{"Expect, and no body", func(p *peer) {
			p.send("POST /read HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
			if line, _ := p.in.ReadString('\n'); line != "HTTP/1.1 100 Continue\r\n" {
				p.t.Errorf("got %q", line)
			}
			_, _ = p.in.ReadString('\n')
			p.answered(408)
			p.over()
		}, body, proxy.ServerStats{BodyTimeouts: 1}},
		{"a body that nobody wants and that never comes", func(p *peer) {
			p.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\n")
			p.answered(200)
			p.over()
		}, body, proxy.ServerStats{BodyTimeouts: 1}},
		{"reads nothing", func(p *peer) {
			p.send("GET /large HTTP/1.1\r\nHost: web\r\n\r\n")
			for !p.closed.Load() && !p.far.closed.Load() {
				time.Sleep(time.Second)
			}
		}, response, proxy.ServerStats{ResponseTimeouts: 1}},
		{"reads no more", func(p *peer) {
			p.send("GET /huge HTTP/1.1\r\nHost: web\r\n\r\n")
			io.CopyN(io.Discard, p.in, 1<<20)
			for !p.far.closed.Load() {
				time.Sleep(time.Second)
			}
		}, response, proxy.ServerStats{ResponseTimeouts: 1}},

		{"a request every 90 s", func(p *peer) {
			for range 20 {
				p.send(aGet)
				p.answered(200)
				time.Sleep(90 * time.Second)
			}
		}, 0, proxy.ServerStats{}},
		{"a slow body", func(p *peer) {
			p.send("POST /read HTTP/1.1\r\nHost: web\r\nContent-Length: 100\r\n\r\n")
			p.drip(strings.Repeat("x", 100), 50*time.Second)
			p.answered(200)
		}, 0, proxy.ServerStats{}},
		{"a body that the handler does not read yet", func(p *peer) {
			p.send("POST /sleep HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\n")
			time.Sleep(time.Hour - time.Second)
			p.send("12345")
			p.answered(200)
		}, 0, proxy.ServerStats{}},
		{"a slow reader", func(p *peer) {
			p.send("GET /huge HTTP/1.1\r\nHost: web\r\n\r\n")
			for range 64 { // 64 KiB in 50 s
				if _, err := io.CopyN(io.Discard, p.in, 64<<10); err != nil {
					p.t.Error(err)
				}
				time.Sleep(50 * time.Second)
			}
		}, 0, proxy.ServerStats{}},
		{"a long poll", func(p *peer) { p.send("GET /sleep HTTP/1.1\r\nHost: web\r\n\r\n"); p.answered(200) }, 0, proxy.ServerStats{}},
		{"a stream of rare events", func(p *peer) { p.send(aStream); p.answered(200) }, 0, proxy.ServerStats{}},
		{"an upgraded connection", func(p *peer) {
			p.send("GET /upgrade HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
			http.ReadResponse(p.in, nil)
			for _, text := range []string{"a\n", "b\n"} {
				time.Sleep(time.Hour)
				p.send(text)
				if got, err := p.in.ReadString('\n'); got != text {
					p.t.Errorf("got %q, %v", got, err)
				}
			}
		}, 0, proxy.ServerStats{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := newNetwork()
				s := proxy.NewServer(slowHandler(t), proxy.ServerConfig{})
				served := make(chan error, 1)
				go func() { served <- s.Serve(network) }()
				near, far := network.dial()
				near.far = far
				began := time.Now()
				row.do(&peer{t, near, bufio.NewReader(near)})
				took := time.Since(began)
				if row.ends > 0 && (took < row.ends || took > row.ends+5*time.Second) {
					t.Errorf("ended after %v, want %v", took, row.ends)
				}
				if row.ends == 0 && far.closed.Load() {
					t.Error("the server ended it")
				}
				near.Close()
				if err := s.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				if err := <-served; err != nil {
					t.Error(err)
				}
				row.want.Accepted = 1
				if got := s.Stats(); got != row.want {
					t.Errorf("counted %+v, want %+v", got, row.want)
				}
			})
		})
	}
}

// TestNoLimits: a negative limit is none.
func TestNoLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newNetwork()
		s := proxy.NewServer(slowHandler(t), proxy.ServerConfig{ReadHeaderTimeout: -1, IdleTimeout: -1, BodyTimeout: -1, ResponseTimeout: -1, MaxConnections: -1})
		served := make(chan error, 1)
		go func() { served <- s.Serve(network) }()
		const day = 24 * time.Hour
		for _, texts := range [][]string{{"", aGet}, {"GE", "T / HTTP/1.1\r\nHost: web\r\n\r\n"}, {aPost, strings.Repeat("x", 10000)}} {
			near, _ := network.dial()
			p := &peer{t, near, bufio.NewReader(near)}
			p.send(aGet)
			p.answered(200)
			for _, text := range texts {
				time.Sleep(day)
				p.send(text)
			}
			p.answered(200)
			near.Close()
		}
		near, _ := network.dial()
		p := &peer{t, near, bufio.NewReader(near)}
		p.send("GET /large HTTP/1.1\r\nHost: web\r\n\r\n")
		time.Sleep(day)
		p.answered(200)
		near.Close()
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		<-served
	})
}

// TestSlowBodyThroughHop: the client is told, and the replica gets no request
// that ends as if it were whole.
func TestSlowBodyThroughHop(t *testing.T) {
	broken := make(chan error, 1)
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.Copy(io.Discard, r.Body)
		broken <- err
	})))
	s := serveWith(t, h.server, proxy.ServerConfig{BodyTimeout: 300 * time.Millisecond})
	c := s.dial(t)
	c.send(t, "POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\n12")
	if status, last := c.answer(t); status != http.StatusRequestTimeout || !last {
		t.Errorf("status %d, last: %v", status, last)
	}
	if err := <-broken; err == nil {
		t.Error("the replica took the body for whole")
	}
	if got := s.Stats(); got.BodyTimeouts != 1 {
		t.Errorf("counted %+v", got)
	}
}

// TestSlowReadersOnSockets: what the kernel moves from a replica's connection to
// the client's is cut off if the client does not take it, and not if the client
// is slow, or the replica.
func TestSlowReadersOnSockets(t *testing.T) {
	const limit = time.Second
	size := 64 << 20
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		length := size
		if r.URL.Path == "/pause" {
			length = 1 << 20
		}
		w.Header().Set("Content-Length", fmt.Sprint(length))
		if r.URL.Path == "/pause" {
			w.Write(make([]byte, length/2))
			http.NewResponseController(w).Flush()
			time.Sleep(3 * limit)
			length -= length / 2
		}
		for piece := make([]byte, 64<<10); length > 0; length -= len(piece) {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})))
	s := serveWith(t, h.server, proxy.ServerConfig{ResponseTimeout: limit})
	t.Run("a slow replica", func(t *testing.T) {
		t.Parallel()
		c := s.dial(t)
		c.send(t, "GET /pause HTTP/1.1\r\nHost: web\r\n\r\n")
		c.answer(t)
	})
	t.Run("a slow client", func(t *testing.T) {
		t.Parallel()
		c := s.dial(t)
		c.SetDeadline(time.Now().Add(time.Minute))
		c.Conn.(*net.TCPConn).SetReadBuffer(64 << 10)
		c.send(t, "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
		for began := time.Now(); time.Since(began) < 4*limit; time.Sleep(20 * time.Millisecond) {
			if _, err := io.CopyN(io.Discard, c.in, 16<<10); err != nil {
				t.Fatalf("after %v: %v", time.Since(began), err)
			}
		}
	})
	t.Run("a client that takes nothing", func(t *testing.T) {
		t.Parallel()
		c := s.dial(t)
		c.SetDeadline(time.Now().Add(time.Minute))
		c.Conn.(*net.TCPConn).SetReadBuffer(64 << 10)
		c.send(t, "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
		for deadline := time.Now().Add(30 * time.Second); s.Stats().ResponseTimeouts == 0; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatal("it is still waited for")
			}
		}
		if n, err := io.Copy(io.Discard, c.in); err == nil && n >= int64(size) {
			t.Error("it got all")
		}
	})
	t.Cleanup(func() {
		if got := s.Stats(); got.ResponseTimeouts != 1 {
			t.Errorf("counted %+v", got)
		}
	})
}

// TestResponseTimeoutCountsFromTheLastByte: a client that has taken some of a large
// response has the limit from then on, and not twice.
func TestResponseTimeoutCountsFromTheLastByte(t *testing.T) {
	t.Parallel()
	const limit = 4 * time.Second
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(64<<20))
		for piece := make([]byte, 64<<10); ; {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})))
	s := serveWith(t, h.server, proxy.ServerConfig{ResponseTimeout: limit})
	c := s.dial(t)
	c.Conn.(*net.TCPConn).SetReadBuffer(64 << 10)
	c.send(t, "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
	for began := time.Now(); time.Since(began) < limit/4; time.Sleep(20 * time.Millisecond) {
		if _, err := io.CopyN(io.Discard, c.in, 16<<10); err != nil {
			t.Fatal(err)
		}
	}
	stopped := time.Now()
	for ; s.Stats().ResponseTimeouts == 0; time.Sleep(10 * time.Millisecond) {
		if time.Since(stopped) > limit*3/2 {
			t.Fatalf("%v after its last byte it is still waited for", time.Since(stopped))
		}
	}
	if took := time.Since(stopped); took < limit*9/10 {
		t.Errorf("it was given up after %v", took)
	}
}

// TestMaxConnections: for one more than there may be, the one that is idle for
// longest goes; where none is idle it waits.
func TestMaxConnections(t *testing.T) {
	arrived, release := make(chan bool), make(chan bool)
	s := serveWith(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			arrived <- true
			<-release
		}
	}), proxy.ServerConfig{MaxConnections: 3})
	const wait = "GET /wait HTTP/1.1\r\nHost: web\r\n\r\n"
	var all []*caller
	for range 3 {
		c := s.dial(t)
		c.send(t, aGet)
		c.answer(t)
		all = append(all, c)
		time.Sleep(2200 * time.Millisecond) // longer than the server looks at them
	}
	fresh := s.dial(t)
	fresh.send(t, aGet)
	if status, last := fresh.answer(t); status != 200 || last {
		t.Errorf("status %d, last %v", status, last)
	}
	if _, err := all[0].in.ReadByte(); err == nil {
		t.Error("the one that was idle for longest is open")
	}
	busy := []*caller{all[1], all[2], fresh}
	for _, c := range busy {
		c.send(t, wait)
		<-arrived
	}
	late := s.dial(t)
	late.send(t, aGet)
	late.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if _, err := late.in.ReadByte(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("one more is served: %v", err)
	}
	late.SetReadDeadline(time.Now().Add(20 * time.Second))
	if got := s.Stats(); got.Connections != 3 || got.Accepted != 5 || got.Waited != 1 || got.Evicted != 1 {
		t.Errorf("counted %+v", got)
	}
	release <- true // and its connection is idle
	if status, _ := late.answer(t); status != 200 {
		t.Errorf("status %d", status)
	}
	release <- true
	release <- true
}

// TestMaxConnectionsInDrain: one that waits for room is served, if the server is
// shut down meanwhile.
func TestMaxConnectionsInDrain(t *testing.T) {
	arrived, release := make(chan bool), make(chan bool)
	s := serveWith(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			arrived <- true
			<-release
		}
	}), proxy.ServerConfig{MaxConnections: 1})
	busy := s.dial(t)
	busy.send(t, "GET /wait HTTP/1.1\r\nHost: web\r\n\r\n")
	<-arrived
	late := s.dial(t)
	late.send(t, aGet)
	for s.Stats().Waited == 0 {
		time.Sleep(time.Millisecond)
	}
	over := s.shutdown(t)
	if status, last := late.answer(t); status != 200 || !last {
		t.Errorf("status %d, last %v", status, last)
	}
	release <- true
	busy.answer(t)
	<-over
}
