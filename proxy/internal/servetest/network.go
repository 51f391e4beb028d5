package servetest

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A Network is a listener without sockets, for tests in a bubble of time.
type Network struct {
	made   chan net.Conn
	closed chan struct{}
	once   sync.Once
}

// NewNetwork returns a network without connections.
func NewNetwork() *Network { return &Network{made: make(chan net.Conn), closed: make(chan struct{})} }

// Accept waits for a connection to be dialled.
func (n *Network) Accept() (net.Conn, error) {
	select {
	case c := <-n.made:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

// Close makes Accept fail.
func (n *Network) Close() error { n.once.Do(func() { close(n.closed) }); return nil }

// Addr is an address that nobody listens at.
func (n *Network) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4140} }

// Closed is closed by Close.
func (n *Network) Closed() <-chan struct{} { return n.closed }

// Made takes the server's end of a connection, which Accept returns.
func (n *Network) Made() chan<- net.Conn { return n.made }

// A Conn is one end of a connection that can be closed in one direction.
type Conn struct {
	net.Conn // to read from
	out      net.Conn
	closed   atomic.Bool
}

// Dial connects to whoever accepts. far is the server's end.
func (n *Network) Dial() (near, far *Conn) {
	in, out := net.Pipe()
	in2, out2 := net.Pipe()
	near, far = &Conn{Conn: in, out: out2}, &Conn{Conn: in2, out: out}
	n.made <- far
	return near, far
}

// Write writes to the other end.
func (c *Conn) Write(b []byte) (int, error) { return c.out.Write(b) }

// CloseWrite closes the direction to the other end.
func (c *Conn) CloseWrite() error { return c.out.Close() }

// SetWriteDeadline sets the deadline of writes.
func (c *Conn) SetWriteDeadline(t time.Time) error { return c.out.SetWriteDeadline(t) }

// SetDeadline sets both deadlines.
func (c *Conn) SetDeadline(t time.Time) error {
	return errors.Join(c.Conn.SetDeadline(t), c.out.SetDeadline(t))
}

// Close closes both directions.
func (c *Conn) Close() error {
	c.closed.Store(true)
	return errors.Join(c.out.Close(), c.Conn.Close())
}

// IsClosed reports whether this end was closed.
func (c *Conn) IsClosed() bool { return c.closed.Load() }
