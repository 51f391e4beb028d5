package k8s_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// memory is a network of one listener.
type memory struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newMemory() *memory { return &memory{conns: make(chan net.Conn), done: make(chan struct{})} }

func (m *memory) Accept() (net.Conn, error) {
	select {
	case c := <-m.conns:
		return c, nil
	case <-m.done:
		return nil, net.ErrClosed
	}
}

func (m *memory) Close() error {
	m.once.Do(func() { close(m.done) })
	return nil
}

func (m *memory) Addr() net.Addr { return &net.UnixAddr{Name: "memory", Net: "unix"} }

// dial connects; the listener gets what wrap makes of its end.
func (m *memory) dial(ctx context.Context, wrap func(net.Conn) net.Conn) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case m.conns <- wrap(far):
		return near, nil
	case <-m.done:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pods serve HTTP at the addresses of endpoints, without sockets: where none is, or
// none is any more, a connection is refused. A pod that stops finishes what it has
// begun and closes its connections, as a good server does.
type pods struct {
	network *memory
	server  http.Server
	slow    func() time.Duration // how long an answer takes
	patient time.Duration        // for so long requests may come after the event

	refused atomic.Int64 // connections to pods that are gone
	late    atomic.Int64 // requests to pods that were removed long ago

	mu   sync.Mutex
	made int
	at   map[netip.AddrPort]*pod
}

type pod struct {
	service string
	address netip.AddrPort

	mu      sync.Mutex
	removed time.Time // when the API said so
	stopped bool
	idle    map[net.Conn]struct{}
}

// podConn is a connection to a pod.
type podConn struct {
	net.Conn
	*pod
}

type podKey struct{}

func newPods(patient time.Duration, slow func() time.Duration) *pods {
	p := &pods{network: newMemory(), slow: slow, patient: patient, at: make(map[netip.AddrPort]*pod)}
	p.server.Handler = p
	p.server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, podKey{}, c.(*podConn).pod)
	}
	p.server.ConnState = func(c net.Conn, s http.ConnState) { c.(*podConn).pod.becomes(c, s) }
	go func() { _ = p.server.Serve(p.network) }()
	return p
}

func (p *pods) close() { _ = p.server.Close() }

// start makes a pod of a Service.
func (p *pods) start(service string) *pod {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.made++
	n := p.made
	one := &pod{service: service, address: netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, byte(n >> 16), byte(n >> 8), byte(n)}), 80), idle: make(map[net.Conn]struct{})}
	p.at[one.address] = one
	return one
}

// remove is for pods that the API has told to be gone: they stop after a while.
func (p *pods) remove(one *pod, after time.Duration) {
	one.mu.Lock()
	one.removed = time.Now()
	one.mu.Unlock()
	time.AfterFunc(after, func() {
		p.mu.Lock()
		delete(p.at, one.address)
		p.mu.Unlock()
		one.mu.Lock()
		defer one.mu.Unlock()
		one.stopped = true
		for c := range one.idle {
			_ = c.Close()
		}
	})
}

func (one *pod) becomes(c net.Conn, s http.ConnState) {
	one.mu.Lock()
	defer one.mu.Unlock()
	delete(one.idle, c)
	if s == http.StateIdle {
		one.idle[c] = struct{}{}
		if one.stopped {
			_ = c.Close()
		}
	}
}

// dial connects to the pod at an address.
func (p *pods) dial(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	p.mu.Lock()
	one := p.at[to]
	p.mu.Unlock()
	if one == nil {
		p.refused.Add(1)
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: net.TCPAddrFromAddrPort(to), Err: syscall.ECONNREFUSED}
	}
	return p.network.dial(ctx, func(c net.Conn) net.Conn { return &podConn{c, one} })
}

// ServeHTTP answers with the name of the Service.
func (p *pods) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	one := r.Context().Value(podKey{}).(*pod)
	one.mu.Lock()
	if !one.removed.IsZero() && time.Since(one.removed) > p.patient {
		p.late.Add(1)
	}
	one.mu.Unlock()
	if d := p.slow(); d > 0 {
		time.Sleep(d)
	}
	if r.Header.Get("Once") != "" {
		w.Header().Set("Connection", "close")
	}
	fmt.Fprint(w, one.service)
}
