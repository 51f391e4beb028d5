package traffictest

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/traffic"
)

// times checks what is measured, in a bubble of time.
func (s Subject) times(t *testing.T) {
	for _, row := range []struct {
		name   string
		do     func(*client)
		served []traffic.Exchange // the times alone
		lasted time.Duration
		reason traffic.Reason
		refuse bool
	}{
		{name: "the phases of a request", do: func(c *client) {
			c.send("GET /slow HTTP/1.1\r\n")
			time.Sleep(3 * time.Second)
			c.send("Host: web\r\n\r\n")
			c.response("GET")
		}, served: []traffic.Exchange{{Timed: true, Head: 3 * time.Second, First: 5 * time.Second, Write: 7 * time.Second}}, lasted: 15 * time.Second},
		{name: "those of the ninth request", do: func(c *client) {
			for range 8 {
				c.send(get("/"))
				c.response("GET")
				time.Sleep(time.Second)
			}
			c.send(get("/slow"))
			c.response("GET")
		}, served: append(append([]traffic.Exchange{{Timed: true}}, make([]traffic.Exchange, 7)...), traffic.Exchange{Timed: true, First: 5 * time.Second, Write: 7 * time.Second}), lasted: 20 * time.Second},
		{name: "a connection that stays idle", do: func(c *client) {
			c.send(get("/"))
			c.response("GET")
			c.rest()
		}, served: []traffic.Exchange{{Timed: true}}, lasted: IdleTimeout},
		{name: "a head that does not come to its end", do: func(c *client) {
			c.send("GET / HTTP/1.1\r\n")
			c.rest()
		}, lasted: HeadTimeout, refuse: true, reason: traffic.Late},
		{name: "a connection without a request", do: func(c *client) { c.rest() }, lasted: HeadTimeout},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newPipes()
				r := newRecorder(t)
				end := s.StartSlow(t, handler(t, make(chan struct{}, 1)), l, r)
				c := &client{t: t, Conn: l.dial()}
				c.in = bufio.NewReader(c)
				row.do(c)
				c.Close()
				a := r.over(1)
				end()
				if len(a.served) != len(row.served) {
					t.Fatalf("told of %+v", a)
				}
				for i, e := range a.served {
					w := row.served[i]
					if e.Timed != w.Timed || e.Head != w.Head || e.First != w.First || e.Write != w.Write {
						t.Errorf("request %d: %+v, want the times of %+v", i, e, w)
					}
				}
				// Limits are kept to within a twentieth, and a second for half-closing.
				if got := a.closed[0].Lasted; got < row.lasted || got > row.lasted+row.lasted/20+time.Second {
					t.Errorf("lasted %v, want %v", got, row.lasted)
				}
				if len(a.refused) > 0 != row.refuse || row.refuse && a.refused[0].Reason != row.reason {
					t.Errorf("refused %v", a.refused)
				}
			})
		})
	}
}

// drains checks that a drain loses nothing of the account.
func (s Subject) drains(t *testing.T) {
	r := s.run(t)
	idle, busy := r.dial(), r.dial()
	idle.send(get("/"))
	idle.response("GET")
	busy.send("POST /upload HTTP/1.1\r\nHost: web\r\nContent-Length: 2000\r\n\r\n" + strings.Repeat("x", 1000))
	r.until(func(a account) bool { return a.received == idle.sent+busy.sent })
	over := make(chan bool)
	go func() { defer close(over); r.end() }()
	idle.rest()
	idle.Close()
	busy.send(strings.Repeat("x", 1000))
	if resp, _ := busy.response("POST"); resp.StatusCode != http.StatusOK {
		t.Errorf("status %d", resp.StatusCode)
	}
	busy.rest()
	busy.Close()
	<-over
	a := r.over(2)
	if a.opened != 2 || len(a.served) != 2 || len(a.refused) != 0 {
		t.Errorf("told of %+v", a)
	}
	if a.received != idle.sent+busy.sent || a.sent != idle.read+busy.read {
		t.Errorf("moved %d of %d and %d of %d", a.received, idle.sent+busy.sent, a.sent, idle.read+busy.read)
	}
}

// pipes is a listener in memory.
type pipes struct {
	made   chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipes() *pipes { return &pipes{made: make(chan net.Conn), closed: make(chan struct{})} }

// dial connects to whoever accepts.
func (p *pipes) dial() net.Conn {
	near, far := net.Pipe()
	p.made <- far
	return near
}

// Accept implements net.Listener.
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.made:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (p *pipes) Close() error { p.once.Do(func() { close(p.closed) }); return nil }

// Addr implements net.Listener.
func (p *pipes) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }
