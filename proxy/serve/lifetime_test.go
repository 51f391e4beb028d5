package serve_test

import (
	"bufio"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
)

// TestLimitsOfConnections: the limits that are off by default, and how a head that is late is
// answered. Each row ends when the server has closed the connection.
func TestLimitsOfConnections(t *testing.T) {
	const (
		limit   = 10 * time.Second
		upgrade = "GET /upgrade HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
	)
	lifetime := serve.Config{MaxLifetime: limit}
	read := serve.Config{Socket: serve.SocketOptions{ReadTimeout: limit}}
	write := serve.Config{Socket: serve.SocketOptions{WriteTimeout: limit}}
	tunnel := func(p *peer) {
		p.send(upgrade)
		if resp, err := http.ReadResponse(p.in, nil); err != nil || resp.StatusCode != 101 {
			p.t.Errorf("%v, %v", resp, err)
		}
	}
	for _, row := range []struct {
		name   string
		config serve.Config
		do     func(*peer)
		ends   time.Duration
		want   serve.Stats
	}{
		{"an old one that is idle", lifetime, func(p *peer) {
			p.send(servetest.Get)
			p.wantStatus(200)
			p.over()
		}, limit, serve.Stats{Lifetimes: 1}},
		{"an old one that is in use", lifetime, func(p *peer) {
			for n := 1; ; n++ {
				p.send(servetest.Get)
				resp, err := http.ReadResponse(p.in, nil)
				if err != nil {
					p.t.Fatalf("request %d: %v", n, err)
				}
				io.Copy(io.Discard, resp.Body)
				if resp.Close {
					break
				}
				time.Sleep(700 * time.Millisecond)
			}
			p.over()
		}, limit, serve.Stats{Lifetimes: 1}},
		{"one that is read from too rarely", read, func(p *peer) {
			p.send(servetest.Get)
			p.wantStatus(200)
			p.over()
		}, limit, serve.Stats{ReadTimeouts: 1}},
		{"one that waits for a response", read, func(p *peer) {
			p.send("GET /sleep HTTP/1.1\r\nHost: web\r\n\r\n")
			p.over()
		}, limit, serve.Stats{ReadTimeouts: 1}},
		{"a tunnel from which nothing comes", read, func(p *peer) {
			tunnel(p)
			p.over()
		}, limit, serve.Stats{ReadTimeouts: 1}},
		{"a tunnel from which something comes", read, func(p *peer) {
			tunnel(p)
			for range 4 {
				time.Sleep(limit / 2)
				p.send("x")
				if got, err := p.in.ReadByte(); got != 'x' {
					p.t.Error(err)
				}
			}
			p.over()
		}, 3 * limit, serve.Stats{ReadTimeouts: 1}},
		{"a response that nobody takes", write, func(p *peer) {
			p.send("GET /huge HTTP/1.1\r\nHost: web\r\n\r\n")
			for !p.far.IsClosed() {
				time.Sleep(time.Second)
			}
		}, limit, serve.Stats{WriteTimeouts: 1}},
		{"a tunnel that takes nothing", write, func(p *peer) {
			tunnel(p)
			p.send("x")
			for !p.far.IsClosed() {
				time.Sleep(time.Second)
			}
		}, limit, serve.Stats{WriteTimeouts: 1}},
		{"a head that is late", serve.Config{ReadHeaderTimeout: limit}, func(p *peer) {
			p.send("GET / HTTP/1.1\r\n")
			if engine == serve.H1 { // net/http: differs, it does not answer
				p.wantStatus(http.StatusRequestTimeout)
			}
			p.over()
		}, limit, serve.Stats{HeadTimeouts: 1}},
	} {
		t.Run(strings.ReplaceAll(row.name, " ", "_"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := servetest.NewNetwork()
				s := newServer(slowHandler(t), row.config)
				served := make(chan error, 1)
				go func() { served <- s.Serve(network) }()
				near, far := network.Dial()
				began := time.Now()
				row.do(&peer{t, near, far, bufio.NewReader(near)})
				if took := time.Since(began); took < row.ends || took > row.ends+3*time.Second {
					t.Errorf("ended after %v, want %v", took, row.ends)
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
