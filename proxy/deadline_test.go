package proxy_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/h1"
)

// hosts are servers without sockets, each by its address, in a bubble of time.
type hosts struct {
	t    *testing.T
	at   map[string]*servetest.Network
	wait sync.WaitGroup
}

// dial connects to a server, as [h1.Config.Dial] does.
func (h *hosts) dial(ctx context.Context, addr string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case h.at[addr].Made() <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// serve serves until the bubble's end.
func (h *hosts) serve(addr string, handler http.Handler) {
	network := servetest.NewNetwork()
	h.at[addr] = network
	server := serve.New(handler, serve.Config{Engine: servetest.Engine(h.t)})
	h.wait.Go(func() {
		if err := server.Serve(network); err != nil {
			h.t.Error(err)
		}
	})
	h.t.Cleanup(func() {
		now, cancel := context.WithCancel(context.Background())
		cancel()
		_ = server.Shutdown(now)
	})
}

// through returns a client whose requests all go to the hop at addr.
func (h *hosts) through(addr string) *http.Transport {
	t := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return h.dial(ctx, addr) }}
	h.t.Cleanup(t.CloseIdleConnections)
	return t
}

// hop is a hop that finds /svc among names.
func (h *hosts) hop(addr string, names *resolvetest.Namer) {
	interpreter, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: names}}})
	if err != nil {
		h.t.Fatal(err)
	}
	h.serve(addr, h.handler(router.Config{Dtab: resolve.MustDtab("/svc => /#/fake"), Interpreter: interpreter}))
}

// handler is a hop whose endpoints are among these hosts.
func (h *hosts) handler(c router.Config) http.Handler {
	c.NewTransport = func(a resolve.Address, _ router.TransportConfig) http.RoundTripper {
		transport, err := h1.New(h1.Config{
			Addr: a.AddrPort.String(),
			Dial: func(ctx context.Context) (net.Conn, error) { return h.dial(ctx, a.AddrPort.String()) },
		})
		if err != nil {
			h.t.Fatal(err)
		}
		return transport
	}
	rt, err := router.New(c)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { rt.Close() })
	handler, err := proxy.New(proxy.Config{Router: rt})
	if err != nil {
		h.t.Fatal(err)
	}
	return handler
}

// TestDeadlineThroughAMesh: hello has 100 ms left and calls others, each through a hop,
// down to world, which sleeps. World's work ends in time, and hello's client gets its
// own context's error, not the 504 that the hop has at the same moment.
func TestDeadlineThroughAMesh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hosts{t: t, at: map[string]*servetest.Network{}}
		names := new(resolvetest.Namer)
		const hop, hello, first, second, world = "10.0.0.1:4140", "10.0.0.2:80", "10.0.0.3:80", "10.0.0.4:80", "10.0.0.5:80"
		for name, addr := range map[string]string{"/first": first, "/second": second, "/world": world} {
			names.Bind(name, addr)
		}
		h.hop(hop, names)

		began := time.Now()
		type end struct {
			who string
			err error
			at  time.Duration
		}
		ended := make(chan end, 4)
		// A service that asks another one, and tells how that ended.
		asks := func(who, target string) http.Handler {
			client := &http.Client{Transport: ctxhdr.Transport(h.through(hop))}
			return ctxhdr.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(10 * time.Millisecond) // some work of its own
				ask, err := http.NewRequestWithContext(r.Context(), "GET", "http://"+target+"/", nil)
				if err != nil {
					t.Error(err)
					return
				}
				resp, err := client.Do(ask)
				if err == nil {
					err = errors.New(resp.Status)
					resp.Body.Close()
				}
				ended <- end{who, err, time.Since(began)}
				http.Error(w, err.Error(), http.StatusBadGateway)
			}))
		}
		h.serve(hello, asks("hello", "first"))
		h.serve(first, asks("first", "second"))
		h.serve(second, asks("second", "world"))
		h.serve(world, ctxhdr.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(time.Hour):
			case <-r.Context().Done():
			}
			ended <- end{"world", r.Context().Err(), time.Since(began)}
		})))

		r, err := http.NewRequestWithContext(t.Context(), "GET", "http://hello/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("l5d-ctx-deadline", ctxhdr.Deadline{Timestamp: began, Deadline: began.Add(100 * time.Millisecond)}.String())
		resp, err := h.through(hello).RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		for range cap(ended) {
			e := <-ended
			if e.at != 100*time.Millisecond {
				t.Errorf("%s ended after %v: %v", e.who, e.at, e.err)
			}
			// Those below a hop may learn first that the hop has left.
			if !errors.Is(e.err, context.DeadlineExceeded) && (e.who == "hello" || !errors.Is(e.err, context.Canceled)) {
				t.Errorf("%s: %v", e.who, e.err)
			}
		}
	})
}

// TestDeadlineSparesWebSockets: an upgraded connection may be used after the deadline
// of the upgrade.
func TestDeadlineSparesWebSockets(t *testing.T) {
	backend := startBackend(t, ctxhdr.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if at, ok := r.Context().Deadline(); ok {
			t.Errorf("the connection would end at %v", at)
		}
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		io.Copy(conn, rw)
	})))
	h := startHop(t, backend)
	conn := h.dial(t)
	deadline := ctxhdr.Deadline{Timestamp: time.Now(), Deadline: time.Now().Add(10 * time.Second)}
	io.WriteString(conn, "GET / HTTP/1.1\r\nHost: web\r\nConnection: Upgrade\r\nUpgrade: echo\r\nl5d-ctx-deadline: "+deadline.String()+"\r\n\r\nhello")
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("%v, %v", resp, err)
	}
	if got, err := io.ReadAll(io.LimitReader(in, 5)); string(got) != "hello" {
		t.Errorf("%q, %v", got, err)
	}
}
