package app

import (
	"errors"
	"net"
	"net/netip"
	"sync"
)

// multiListener is a listener at several addresses of this machine with one port: the
// hop of a node listens like that in front of endpoints that have an address each. Its
// Addr is that of the first.
type multiListener struct {
	net.Listener
	accepted chan net.Conn
	failed   chan error
	closed   chan struct{}

	mu   sync.Mutex
	all  []net.Listener
	work sync.WaitGroup
	once sync.Once
}

func newMultiListener(first net.Listener) *multiListener {
	m := &multiListener{Listener: first, accepted: make(chan net.Conn), failed: make(chan error), closed: make(chan struct{})}
	m.accept(first)
	return m
}

// also adds another IP, unless the listener covers it already.
func (m *multiListener) also(ip netip.Addr) error {
	first := m.Addr().(*net.TCPAddr).AddrPort()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, l := range m.all {
		if at := l.Addr().(*net.TCPAddr).AddrPort().Addr().Unmap(); at == ip.Unmap() || at.IsUnspecified() {
			return nil
		}
	}
	l, err := net.Listen("tcp", netip.AddrPortFrom(ip, first.Port()).String())
	if err == nil {
		m.accept(l)
	}
	return err
}

func (m *multiListener) accept(l net.Listener) {
	m.all = append(m.all, l)
	m.work.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				select {
				case m.failed <- err:
				case <-m.closed:
				}
				if errors.Is(err, net.ErrClosed) {
					return
				}
				continue
			}
			select {
			case m.accepted <- conn:
			case <-m.closed:
				conn.Close()
			}
		}
	})
}

// Accept waits for a connection to any of the addresses.
func (m *multiListener) Accept() (net.Conn, error) {
	select {
	case conn := <-m.accepted:
		return conn, nil
	case err := <-m.failed:
		return nil, err
	case <-m.closed:
		return nil, net.ErrClosed
	}
}

// Close stops listening everywhere.
func (m *multiListener) Close() (err error) {
	m.once.Do(func() {
		close(m.closed)
		m.mu.Lock()
		defer m.mu.Unlock()
		for _, l := range m.all {
			err = errors.Join(err, l.Close())
		}
		m.work.Wait()
	})
	return err
}
