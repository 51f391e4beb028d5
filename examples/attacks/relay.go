package main

import (
	"io"
	"net"
	"sync"
)

// relay passes connections on to an address: another way to the same place.
type relay struct {
	net.Listener
	to string

	mu      sync.Mutex
	open    map[net.Conn]bool
	closed  bool
	serving sync.WaitGroup
}

func newRelay(to string) (*relay, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &relay{Listener: l, to: to, open: map[net.Conn]bool{}}
	r.serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			r.serving.Go(func() { r.pass(conn) })
		}
	})
	return r, nil
}

func (r *relay) addr() string { return r.Listener.Addr().String() }

func (r *relay) pass(conn net.Conn) {
	defer conn.Close()
	other, err := net.DialTimeout("tcp", r.to, requestLimit)
	if err != nil {
		return
	}
	defer other.Close()
	if !r.keep(conn, other) {
		return
	}
	defer r.forget(conn, other)
	var there sync.WaitGroup
	there.Go(func() {
		_, _ = io.Copy(other, conn)
		other.Close()
	})
	_, _ = io.Copy(conn, other)
	conn.Close()
	there.Wait()
}

func (r *relay) keep(conns ...net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		r.open[c] = true
	}
	return !r.closed
}

func (r *relay) forget(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range conns {
		delete(r.open, c)
	}
}

func (r *relay) close() {
	r.Listener.Close()
	r.mu.Lock()
	r.closed = true
	for c := range r.open {
		c.Close()
	}
	r.mu.Unlock()
	r.serving.Wait()
}
