package serve_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
)

// peer is a client of a server in a bubble of time.
type peer struct {
	t *testing.T
	*servetest.Conn
	far *servetest.Conn // the server's end
	in  *bufio.Reader
}

func (p *peer) send(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p, text); err != nil {
		p.t.Errorf("sending %q: %v", text, err)
	}
}

// drip sends one byte at a time, at regular intervals, until all is sent or the server
// has closed the connection.
func (p *peer) drip(text string, every time.Duration) {
	for i := range len(text) {
		if _, err := io.WriteString(p, text[i:i+1]); err != nil {
			return
		}
		time.Sleep(every)
	}
}

func (p *peer) wantStatus(status int) {
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

// TestSlowPeers shows how long a server waits for each kind of slow client, and that it
// waits without limit when it is not the client that is slow. nginx closes after 60 s
// where this server does after 30, and after 75 s where this server does after 100.
func TestSlowPeers(t *testing.T) {
	const head, idle, body, response = 30 * time.Second, 100 * time.Second, 60 * time.Second, 60 * time.Second
	for _, row := range []struct {
		name string
		do   func(*peer)
		ends time.Duration // 0: the server does not end it
		want serve.Stats
	}{
		{"sends nothing", func(p *peer) { p.over() }, head, serve.Stats{HeadTimeouts: 1}},
		{"drips its head", func(p *peer) { p.drip(servetest.Get+strings.Repeat("x", 1000), 2*time.Second); p.over() }, head, serve.Stats{HeadTimeouts: 1}},
		{"one request and nothing more", func(p *peer) { p.send(servetest.Get); p.wantStatus(200); p.over() }, idle, serve.Stats{IdleTimeouts: 1}},
		{"the beginning of a second head", func(p *peer) { p.send(servetest.Get); p.wantStatus(200); p.send("GE"); p.over() }, head, serve.Stats{HeadTimeouts: 1}},
		{"a second head in drips", func(p *peer) {
			p.send(servetest.Get)
			p.wantStatus(200)
			p.drip("GET / HTTP/1.1\r\n"+strings.Repeat("x", 1000), time.Second)
			p.over()
		}, head, serve.Stats{HeadTimeouts: 1}},
		{"the beginning of a second head before the response", func(p *peer) {
			p.send("GET /sleep HTTP/1.1\r\nHost: web\r\n\r\n")
			time.Sleep(time.Minute)
			p.send("G")
			p.wantStatus(200)
			p.over()
		}, time.Hour + head, serve.Stats{HeadTimeouts: 1}},
		{"a body that never comes", func(p *peer) { p.send(aPost); p.wantStatus(408); p.over() }, body, serve.Stats{BodyTimeouts: 1}},
		{"a body that stops", func(p *peer) { p.send(aPost + "123"); p.wantStatus(408); p.over() }, body, serve.Stats{BodyTimeouts: 1}},
		{"a chunk that never ends", func(p *peer) {
			p.send("POST /read HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
			p.wantStatus(408)
			p.over()
		}, body, serve.Stats{BodyTimeouts: 1}},
		{"Expect, and no body", func(p *peer) {
			p.send("POST /read HTTP/1.1\r\nHost: web\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
			if line, _ := p.in.ReadString('\n'); line != "HTTP/1.1 100 Continue\r\n" {
				p.t.Errorf("got %q", line)
			}
			_, _ = p.in.ReadString('\n')
			p.wantStatus(408)
			p.over()
		}, body, serve.Stats{BodyTimeouts: 1}},
		{"a body that nobody wants and that never comes", func(p *peer) {
			p.send("POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\n")
			p.wantStatus(200)
			p.over()
		}, body, serve.Stats{BodyTimeouts: 1}},
		{"reads nothing", func(p *peer) {
			p.send("GET /large HTTP/1.1\r\nHost: web\r\n\r\n")
			for !p.IsClosed() && !p.far.IsClosed() {
				time.Sleep(time.Second)
			}
		}, response, serve.Stats{ResponseTimeouts: 1}},
		{"reads no more", func(p *peer) {
			p.send("GET /huge HTTP/1.1\r\nHost: web\r\n\r\n")
			io.CopyN(io.Discard, p.in, 1<<20)
			for !p.far.IsClosed() {
				time.Sleep(time.Second)
			}
		}, response, serve.Stats{ResponseTimeouts: 1}},

		{"a request every 90 s", func(p *peer) {
			for range 20 {
				p.send(servetest.Get)
				p.wantStatus(200)
				time.Sleep(90 * time.Second)
			}
		}, 0, serve.Stats{}},
		{"a slow body", func(p *peer) {
			p.send("POST /read HTTP/1.1\r\nHost: web\r\nContent-Length: 100\r\n\r\n")
			p.drip(strings.Repeat("x", 100), 50*time.Second)
			p.wantStatus(200)
		}, 0, serve.Stats{}},
		{"a body that the handler does not read yet", func(p *peer) {
			p.send("POST /sleep HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\n\r\n")
			time.Sleep(time.Hour - time.Second)
			p.send("12345")
			p.wantStatus(200)
		}, 0, serve.Stats{}},
		{"a slow reader", func(p *peer) {
			p.send("GET /huge HTTP/1.1\r\nHost: web\r\n\r\n")
			for range 64 { // 64 KiB in 50 s
				if _, err := io.CopyN(io.Discard, p.in, 64<<10); err != nil {
					p.t.Error(err)
				}
				time.Sleep(50 * time.Second)
			}
		}, 0, serve.Stats{}},
		{"a long poll", func(p *peer) { p.send("GET /sleep HTTP/1.1\r\nHost: web\r\n\r\n"); p.wantStatus(200) }, 0, serve.Stats{}},
		{"a stream of rare events", func(p *peer) { p.send(aStream); p.wantStatus(200) }, 0, serve.Stats{}},
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
		}, 0, serve.Stats{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := servetest.NewNetwork()
				s := newServer(slowHandler(t), serve.Config{})
				served := make(chan error, 1)
				go func() { served <- s.Serve(network) }()
				near, far := network.Dial()
				began := time.Now()
				row.do(&peer{t, near, far, bufio.NewReader(near)})
				took := time.Since(began)
				if row.ends > 0 && (took < row.ends || took > row.ends+5*time.Second) {
					t.Errorf("ended after %v, want %v", took, row.ends)
				}
				if row.ends == 0 && far.IsClosed() {
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
				got := s.Stats()
				got.Received, got.Sent, got.RefusedHeads = 0, 0, 0 // see TestTraffic
				if got != row.want {
					t.Errorf("counted %+v, want %+v", got, row.want)
				}
			})
		})
	}
}

// TestNoLimits: a negative limit means none.
func TestNoLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := servetest.NewNetwork()
		s := newServer(slowHandler(t), serve.Config{ReadHeaderTimeout: -1, IdleTimeout: -1, BodyTimeout: -1, ResponseTimeout: -1, MaxConnections: -1})
		served := make(chan error, 1)
		go func() { served <- s.Serve(network) }()
		const day = 24 * time.Hour
		for _, texts := range [][]string{{"", servetest.Get}, {"GE", "T / HTTP/1.1\r\nHost: web\r\n\r\n"}, {aPost, strings.Repeat("x", 10000)}} {
			near, far := network.Dial()
			p := &peer{t, near, far, bufio.NewReader(near)}
			p.send(servetest.Get)
			p.wantStatus(200)
			for _, text := range texts {
				time.Sleep(day)
				p.send(text)
			}
			p.wantStatus(200)
			near.Close()
		}
		near, far := network.Dial()
		p := &peer{t, near, far, bufio.NewReader(near)}
		p.send("GET /large HTTP/1.1\r\nHost: web\r\n\r\n")
		time.Sleep(day)
		p.wantStatus(200)
		near.Close()
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		<-served
	})
}

// TestMaxConnections: if MaxConnections are open, a new one replaces the one that has
// been idle for longest; if none is idle, it waits.
func TestMaxConnections(t *testing.T) {
	arrived, release := make(chan bool), make(chan bool)
	s := startWith(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			arrived <- true
			<-release
		}
	}), serve.Config{MaxConnections: 3})
	const wait = "GET /wait HTTP/1.1\r\nHost: web\r\n\r\n"
	var all []*servetest.Client
	for range 3 {
		c := s.Dial(t)
		c.Send(t, servetest.Get)
		c.Response(t)
		all = append(all, c)
		time.Sleep(2200 * time.Millisecond) // longer than the server looks at them
	}
	fresh := s.Dial(t)
	fresh.Send(t, servetest.Get)
	if status, last := fresh.Response(t); status != 200 || last {
		t.Errorf("status %d, last %v", status, last)
	}
	if _, err := all[0].In.ReadByte(); err == nil {
		t.Error("the one that was idle for longest is open")
	}
	busy := []*servetest.Client{all[1], all[2], fresh}
	for _, c := range busy {
		c.Send(t, wait)
		<-arrived
	}
	late := s.Dial(t)
	late.Send(t, servetest.Get)
	late.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if _, err := late.In.ReadByte(); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("one more is served: %v", err)
	}
	late.SetReadDeadline(time.Now().Add(20 * time.Second))
	if got := s.Stats(); got.Connections != 3 || got.Accepted != 5 || got.Waited != 1 || got.Evicted != 1 {
		t.Errorf("counted %+v", got)
	}
	release <- true // and its connection is idle
	if status, _ := late.Response(t); status != 200 {
		t.Errorf("status %d", status)
	}
	release <- true
	release <- true
}

// TestMaxConnectionsInDrain: a connection that waits because MaxConnections are open is
// served when the server is shut down.
func TestMaxConnectionsInDrain(t *testing.T) {
	arrived, release := make(chan bool), make(chan bool)
	s := startWith(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/wait" {
			arrived <- true
			<-release
		}
	}), serve.Config{MaxConnections: 1})
	busy := s.Dial(t)
	busy.Send(t, "GET /wait HTTP/1.1\r\nHost: web\r\n\r\n")
	<-arrived
	late := s.Dial(t)
	late.Send(t, servetest.Get)
	for s.Stats().Waited == 0 {
		time.Sleep(time.Millisecond)
	}
	over := s.Drain(t)
	if status, last := late.Response(t); status != 200 || !last {
		t.Errorf("status %d, last %v", status, last)
	}
	release <- true
	busy.Response(t)
	<-over
}
