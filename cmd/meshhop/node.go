package main

import (
	"errors"
	"net"
	"net/netip"
	"sync"
)

// node is a listener at several addresses of this machine with one port, as the
// hop in front of replicas that have an address each. Its Addr is the first one's.
type node struct {
	net.Listener
	accepted chan net.Conn
	failed   chan error
	closed   chan struct{}

	mu   sync.Mutex
	all  []net.Listener
	work sync.WaitGroup
	once sync.Once
}

func newNode(first net.Listener) *node {
	n := &node{Listener: first, accepted: make(chan net.Conn), failed: make(chan error), closed: make(chan struct{})}
	n.accept(first)
	return n
}

// also has it listen at another IP, too, unless it does already.
func (n *node) also(ip netip.Addr) error {
	first := n.Addr().(*net.TCPAddr).AddrPort()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.all {
		if at := l.Addr().(*net.TCPAddr).AddrPort().Addr().Unmap(); at == ip.Unmap() || at.IsUnspecified() {
			return nil
		}
	}
	l, err := net.Listen("tcp", netip.AddrPortFrom(ip, first.Port()).String())
	if err == nil {
		n.accept(l)
	}
	return err
}

func (n *node) accept(l net.Listener) {
	n.all = append(n.all, l)
	n.work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				select {
				case n.failed <- err:
				case <-n.closed:
				}
				if errors.Is(err, net.ErrClosed) {
					return
				}
				continue
			}
			select {
			case n.accepted <- conn:
			case <-n.closed:
				conn.Close()
			}
		}
	})
}

// Accept waits for a connection to any of the addresses.
func (n *node) Accept() (net.Conn, error) {
	select {
	case conn := <-n.accepted:
		return conn, nil
	case err := <-n.failed:
		return nil, err
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close stops listening everywhere.
func (n *node) Close() (err error) {
	n.once.Do(func() {
		close(n.closed)
		n.mu.Lock()
		defer n.mu.Unlock()
		for _, l := range n.all {
			err = errors.Join(err, l.Close())
		}
		n.work.Wait()
	})
	return err
}
