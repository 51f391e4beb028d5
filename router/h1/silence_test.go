package h1_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/router/h1"
)

// TestSilence: what the limits of reading and writing end, when, and what is said of it.
func TestSilence(t *testing.T) {
	const limit = 10 * time.Second
	read, write := h1.Config{ReadTimeout: limit, IdleTimeout: -1}, h1.Config{WriteTimeout: limit}
	readHead := func(end net.Conn) { _, _ = http.ReadRequest(bufio.NewReader(end)) }
	answer := func(end net.Conn) {
		readHead(end)
		_, _ = io.WriteString(end, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		_, _ = io.Copy(io.Discard, end)
	}
	slowly := func(end net.Conn) {
		readHead(end)
		for _, part := range []string{"HTTP/1.1 200 OK\r\n", "Content-Length: 2\r\n\r\n", "o", "k"} {
			time.Sleep(limit - time.Second)
			_, _ = io.WriteString(end, part)
		}
		_, _ = io.Copy(io.Discard, end)
	}
	never := func(end net.Conn) { readHead(end); _, _ = io.Copy(io.Discard, end) }
	deaf := func(end net.Conn) { time.Sleep(3 * limit) }
	switches := func(end net.Conn) {
		readHead(end)
		_, _ = io.WriteString(end, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
		_, _ = io.Copy(io.Discard, end)
	}
	for _, c := range []struct {
		name   string
		config h1.Config
		peer   func(net.Conn)
		change func(*http.Request)
		fails  string        // with what; empty: it does not
		after  time.Duration // the request, or what follows it, is over
		ends   time.Duration // the connection, 0: it stays
		counts h1.Stats
	}{
		{"idle", read, answer, nil, "", 0, limit, h1.Stats{}},
		{"idle, and shorter limits", h1.Config{ReadTimeout: limit, SessionIdleTimeout: limit / 2}, answer, nil, "", 0, limit / 2, h1.Stats{}},
		{"no response", read, never, nil, "nothing was read from the connection for 10s (ReadTimeout)", limit, limit, h1.Stats{ReadTimeouts: 1}},
		{"slow response", read, slowly, nil, "", 4 * (limit - time.Second), 4*(limit-time.Second) + limit, h1.Stats{}},
		{"silent tunnel", read, switches, func(r *http.Request) {
			r.Header = http.Header{"Connection": {"upgrade"}, "Upgrade": {"x"}}
		}, "nothing was read from the connection for 10s (ReadTimeout)", limit, limit, h1.Stats{ReadTimeouts: 1}},
		{"nobody reads", write, deaf, nil, "did not take what was written within 10s (WriteTimeout)", limit, limit, h1.Stats{WriteTimeouts: 1}},
		{"no limit", h1.Config{IdleTimeout: -1}, slowly, nil, "", 4 * (limit - time.Second), 0, h1.Stats{}},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ended := make(chan time.Duration, 1)
				began := time.Now()
				c.config.Dial = func(context.Context) (net.Conn, error) {
					near, end := net.Pipe()
					go func() {
						c.peer(end)
						end.Close()
					}()
					return &toldOfClose{near, func() {
						select {
						case ended <- time.Since(began):
						default:
						}
					}}, nil
				}
				transport, err := h1.New(c.config)
				if err != nil {
					t.Fatal(err)
				}
				r := newRequestWith(t, t.Context(), "GET", nil)
				if c.change != nil {
					c.change(r)
				}
				resp, err := transport.RoundTrip(r)
				if err == nil {
					_, err = io.ReadAll(resp.Body)
					resp.Body.Close()
				}
				if took := time.Since(began); took.Round(time.Second) != c.after {
					t.Errorf("over after %v, want %v", took, c.after)
				}
				if c.fails == "" && err != nil || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
					t.Errorf("failed with %v, want %q", err, c.fails)
				}
				if c.ends == 0 {
					time.Sleep(100 * limit)
					if len(ended) > 0 {
						t.Errorf("the connection ended after %v", <-ended)
					}
				} else if got := <-ended; got.Round(time.Second) != c.ends {
					t.Errorf("the connection ended after %v, want %v", got, c.ends)
				}
				// An idle connection is closed by either limit of the same length.
				idle := c.fails == "" && c.ends > 0
				if s := transport.Stats(); !idle && (s.ReadTimeouts != c.counts.ReadTimeouts || s.WriteTimeouts != c.counts.WriteTimeouts) {
					t.Errorf("counted %+v", s)
				}
				transport.Close()
				time.Sleep(5 * limit) // the peer ends
			})
		})
	}
}

// toldOfClose is a connection that tells when it is closed.
type toldOfClose struct {
	net.Conn
	tell func()
}

func (c *toldOfClose) Close() error {
	c.tell()
	return c.Conn.Close()
}

// TestLimitedConnectionsAreLookedAt: a connection with limits that its peer has closed takes
// no further request.
func TestLimitedConnectionsAreLookedAt(t *testing.T) {
	closed := make(chan bool, 2)
	peers := newPeers(t, func(p *peer) {
		p.head()
		p.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		p.Close()
		closed <- true
	})
	transport, err := h1.New(h1.Config{Addr: peers.addr, OnlyUnsent: true, ReadTimeout: time.Hour, WriteTimeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	for range 2 {
		readAll(t, roundTrip(t, transport, newRequestWith(t, t.Context(), "HEAD", nil))) // after which a connection is looked at however short it was idle
		<-closed
	}
	if s := transport.Stats(); s.ReadTimeouts+s.WriteTimeouts > 0 || s.Connects != 2 {
		t.Errorf("%+v", s)
	}
}

func TestNegativeLimits(t *testing.T) {
	for _, config := range []h1.Config{{ReadTimeout: -1}, {WriteTimeout: -1}} {
		config.Addr = "127.0.0.1:1"
		if _, err := h1.New(config); err == nil {
			t.Errorf("%+v is accepted", config)
		}
	}
}
