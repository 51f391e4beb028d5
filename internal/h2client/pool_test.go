package h2client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/meshhop/meshhop/internal/h2client"
	"github.com/meshhop/meshhop/internal/h2peer"
	"github.com/meshhop/meshhop/router/h1"
)

// ask sends a request in a goroutine, which passes on what became of it.
func ask(t *testing.T, tr *h2client.Transport, ctx context.Context) <-chan string {
	t.Helper()
	r, got := get(t, ctx), make(chan string, 1)
	go func() {
		resp, err := tr.RoundTrip(r)
		if err != nil {
			got <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			got <- err.Error()
			return
		}
		got <- string(body)
	}()
	return got
}

// TestOneConnection: requests share a connection, and are answered out of order (vector 444).
func TestOneConnection(t *testing.T) {
	tr := listen(t, h2client.Config{}, func(p *h2peer.Peer, n int) {
		p.Greet()
		a, _, _ := p.Await(h2peer.Headers)
		b, _, err := p.Await(h2peer.Headers)
		if err != nil {
			t.Errorf("connection %d: %v", n, err)
			return
		}
		p.Say(b, "second")
		p.Say(a, "first")
		p.Drain()
	})
	one, two := ask(t, tr, t.Context()), ask(t, tr, t.Context())
	if got := map[string]bool{<-one: true, <-two: true}; !got["first"] || !got["second"] {
		t.Errorf("%v", got)
	}
	if s := tr.Stats(); s.Connects != 1 || s.Open != 1 || s.Idle != 1 {
		t.Errorf("%+v", s)
	}
}

// TestGoAway: what runs is finished, and the next request has a new connection (vector 464).
func TestGoAway(t *testing.T) {
	goOn := make(chan bool)
	tr := listen(t, h2client.Config{}, func(p *h2peer.Peer, n int) {
		p.Greet()
		for id, _, err := p.Await(h2peer.Headers); err == nil; id, _, err = p.Await(h2peer.Headers) {
			if n > 0 {
				p.Say(id, "from the new one")
				continue
			}
			p.Frame(h2peer.Headers, h2peer.EndHeaders, id, h2peer.Status200)
			p.Frame(h2peer.GoAway, 0, 0, h2peer.Number(id, 0))
			p.Frame(h2peer.Data, 0, id, "begun ")
			<-goOn
			p.Frame(h2peer.Data, h2peer.EndStream, id, "and finished")
		}
	})
	resp, err := tr.RoundTrip(get(t, t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	begun := make([]byte, len("begun "))
	if _, err := io.ReadFull(resp.Body, begun); err != nil {
		t.Fatal(err)
	}
	if got := answered(t, tr, get(t, t.Context())); got != "from the new one" {
		t.Errorf("%q", got)
	}
	goOn <- true
	if rest, err := io.ReadAll(resp.Body); err != nil || string(rest) != "and finished" {
		t.Errorf("%q, %v", rest, err)
	}
	resp.Body.Close()
	if s := tr.Stats(); s.Connects != 2 {
		t.Errorf("%+v", s)
	}
}

// TestGoAwayWhileIdle: a connection on which the peer wants no more is not kept.
func TestGoAwayWhileIdle(t *testing.T) {
	said := make(chan bool, 1)
	tr := listen(t, h2client.Config{}, func(p *h2peer.Peer, n int) {
		p.Greet()
		id, _, _ := p.Await(h2peer.Headers)
		p.Say(id, "ok")
		if n == 0 {
			p.Frame(h2peer.GoAway, 0, 0, h2peer.Number(id, 0))
			p.Frame(h2peer.Ping, 0, 0, "12345678")
			_, _, _ = p.Await(h2peer.Ping) // so it has seen the other, or has closed the connection
			said <- true
		}
		p.Drain()
	})
	answered(t, tr, get(t, t.Context()))
	<-said
	answered(t, tr, get(t, t.Context()))
	if s := tr.Stats(); s.Connects != 2 {
		t.Errorf("%+v", s)
	}
	until(t, "the end of the first connection", func() bool { return tr.Stats().Open == 1 })
}

// TestStreamLimit: when the peer allows no more streams on a connection there is another one,
// up to MaxConns; beyond that requests wait, up to MaxWaiters.
func TestStreamLimit(t *testing.T) {
	for _, row := range []struct {
		name              string
		config            h2client.Config
		requests          int
		conns, waited, no int // how many there are then; how many are refused
	}{
		{"no bound", h2client.Config{}, 3, 3, 0, 0},
		{"MaxConns", h2client.Config{MaxConns: 2}, 5, 2, 3, 0},
		{"MaxWaiters", h2client.Config{MaxConns: 1, MaxWaiters: 2}, 5, 1, 2, 2},
		{"no waiters", h2client.Config{MaxConns: 1, MaxWaiters: -1}, 2, 1, 0, 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			var most atomic.Int64
			arrived, goOn := make(chan bool, row.requests), make(chan struct{})
			tr := listen(t, row.config, func(p *h2peer.Peer, n int) {
				p.Greet(3, 1) // SETTINGS_MAX_CONCURRENT_STREAMS
				most.Add(1)
				for id, _, err := p.Await(h2peer.Headers); err == nil; id, _, err = p.Await(h2peer.Headers) {
					arrived <- true
					<-goOn
					p.Say(id, "ok")
				}
			})
			var all []<-chan string
			for range row.conns { // one after the other, so that each needs a connection of its own
				all = append(all, ask(t, tr, t.Context()))
				<-arrived
			}
			for i := row.conns; i < row.requests-row.no; i++ {
				all = append(all, ask(t, tr, t.Context()))
				until(t, "a state of the transport", func() bool { return !(tr.Stats().Waiters <= i-row.conns) })
			}
			for range row.no {
				if e := fails(t, tr, get(t, t.Context())); e.Op != "wait for connection" || !errors.Is(e, h1.ErrTooManyWaiters) {
					t.Errorf("%v", e)
				}
			}
			close(goOn)
			for _, one := range all {
				if got := <-one; got != "ok" {
					t.Errorf("%q", got)
				}
			}
			s := tr.Stats()
			if int(most.Load()) != row.conns || int(s.Waited) != row.waited || int(s.TooManyWaiters) != row.no || s.Waiters != 0 {
				t.Errorf("%d connections, %+v", most.Load(), s)
			}
		})
	}
}

// TestNoStreamsYet: a peer that allows no streams yet does not get connection after
// connection.
func TestNoStreamsYet(t *testing.T) {
	allow := make(chan bool)
	tr := listen(t, h2client.Config{}, func(p *h2peer.Peer, n int) {
		p.Greet(3, 0)
		<-allow
		p.Frame(h2peer.Settings, 0, 0, "\x00\x03"+h2peer.Number(5))
		for id, _, err := p.Await(h2peer.Headers); err == nil; id, _, err = p.Await(h2peer.Headers) {
			p.Say(id, "ok")
		}
	})
	one, two := ask(t, tr, t.Context()), ask(t, tr, t.Context())
	until(t, "a state of the transport", func() bool { return !(tr.Stats().Waiters < 2 || tr.Stats().Connects < 1) })
	allow <- true
	if a, b := <-one, <-two; a != "ok" || b != "ok" {
		t.Errorf("%q, %q", a, b)
	}
	if s := tr.Stats(); s.Connects != 1 {
		t.Errorf("%+v", s)
	}
}

// TestWaiterLeaves: a request that waits can leave, for a connection that is being made or for
// a stream, and takes nothing with it.
func TestWaiterLeaves(t *testing.T) {
	goOn := make(chan bool)
	tr := listen(t, h2client.Config{MaxConns: 1}, func(p *h2peer.Peer, n int) {
		p.Greet(3, 1)
		for id, _, err := p.Await(h2peer.Headers); err == nil; id, _, err = p.Await(h2peer.Headers) {
			<-goOn
			p.Say(id, "ok")
		}
	})
	first := ask(t, tr, t.Context())
	until(t, "a state of the transport", func() bool { return !(tr.Stats().Idle > 0 || tr.Stats().Connects == 0) })
	ctx, cancel := context.WithCancelCause(t.Context())
	left := ask(t, tr, ctx)
	until(t, "a state of the transport", func() bool { return !(tr.Stats().Waiters == 0) })
	cancel(errors.New("no time"))
	if got := <-left; got != "h2: wait for connection, "+addrOf(tr)+": context canceled: no time" {
		t.Errorf("%q", got)
	}
	goOn <- true
	if got := <-first; got != "ok" {
		t.Errorf("%q", got)
	}
	last := ask(t, tr, t.Context())
	goOn <- true
	if got := <-last; got != "ok" {
		t.Errorf("%q", got)
	}
}

// TestDialIsGivenUp: once nobody waits for it any more.
func TestDialIsGivenUp(t *testing.T) {
	closed := make(chan struct{})
	var once sync.Once
	tr := listen(t, h2client.Config{}, func(p *h2peer.Peer, n int) {
		p.Drain() // it says nothing
		once.Do(func() { close(closed) })
	})
	ctx, cancel := context.WithCancel(t.Context())
	got := ask(t, tr, ctx)
	until(t, "a state of the transport", func() bool { return !(tr.Stats().Waiters == 0) })
	cancel()
	<-got
	soon(t, closed, "the end of the connection")
	if s := tr.Stats(); s.ConnectFailures != 0 {
		t.Errorf("%+v", s)
	}
}

// TestManyAtOnce: under load nothing is lost, and no connection has more streams than it may.
func TestManyAtOnce(t *testing.T) {
	const limit = 3
	tr := listen(t, h2client.Config{MaxConns: 4}, func(p *h2peer.Peer, n int) {
		p.Greet(3, limit)
		open := []uint32{}
		for id, _, err := p.Await(h2peer.Headers); err == nil; id, _, err = p.Await(h2peer.Headers) {
			if open = append(open, id); len(open) > limit {
				t.Errorf("%d streams", len(open))
			}
			p.Say(open[0], "ok")
			open = open[1:]
		}
	})
	var all []<-chan string
	for range 300 {
		all = append(all, ask(t, tr, t.Context()))
	}
	for _, one := range all {
		if got := <-one; got != "ok" {
			t.Errorf("%q", got)
		}
	}
	if s := tr.Stats(); s.Connects > 4 || s.Waiters != 0 || s.Idle != s.Open {
		t.Errorf("%+v", s)
	}
}

func addrOf(tr *h2client.Transport) string { return h2client.Addr(tr) }

var _ http.RoundTripper = (*h2client.Transport)(nil)
