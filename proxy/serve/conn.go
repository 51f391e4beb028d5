package serve

import (
	"io"
	"net"
	"net/http"
)

// trackedConn is a connection with its state.
type trackedConn interface {
	net.Conn
	state() *connState
}

// conn is an accepted connection that is not TCP.
type conn struct {
	net.Conn
	connState connState
}

// tcpConn is an accepted TCP connection. It has the methods that net/http looks for in
// one, such as ReadFrom, by which the kernel copies bodies.
type tcpConn struct {
	*net.TCPConn
	connState connState
}

var _ io.ReaderFrom = (*tcpConn)(nil)

// track wraps a connection that the server accepted.
func (c *conns) track(nc net.Conn) trackedConn {
	if tcp, ok := nc.(*net.TCPConn); ok {
		return &tcpConn{TCPConn: tcp, connState: connState{home: c}}
	}
	return &conn{Conn: nc, connState: connState{home: c}}
}

func (c *conn) state() *connState    { return &c.connState }
func (c *tcpConn) state() *connState { return &c.connState }

// InputArrived is called when input arrives that does not go through Read, as package h1
// says. It returns false if the connection takes no more requests.
func (c *conn) InputArrived(next bool) bool    { return c.connState.inputArrived(next) }
func (c *tcpConn) InputArrived(next bool) bool { return c.connState.inputArrived(next) }

func (c *conn) Read(p []byte) (int, error)    { return c.connState.read(c.Conn, p) }
func (c *tcpConn) Read(p []byte) (int, error) { return c.connState.read(c.TCPConn, p) }

func (c *conn) Write(p []byte) (int, error)    { return c.connState.write(c.Conn, p) }
func (c *tcpConn) Write(p []byte) (int, error) { return c.connState.write(c.TCPConn, p) }

func (c *conn) Close() error    { return c.connState.close(c.Conn) }
func (c *tcpConn) Close() error { return c.connState.close(c.TCPConn) }

// CloseWrite closes the direction to the client, if the connection supports that.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return http.ErrNotSupported
}

// read reads for the server. A half-closed connection is read to its end and the input
// is discarded: unread data would make the system reset the connection, and then the
// client may lose responses that it was sent (RFC 9112 section 9.6).
func (s *connState) read(from net.Conn, p []byte) (int, error) {
	// While a request is served, net/http reads a single byte to find out whether
	// the client is still there. That byte belongs to the next request, and the
	// client is not late with it.
	watches := len(p) == 1
	if !watches {
		s.reads.Add(1)
	}
	n, err := from.Read(p)
	if !watches {
		s.reads.Add(1)
	}
	if n == 0 || s.inputArrived(watches) {
		return n, err
	}
	for err == nil {
		_, err = from.Read(p)
	}
	return 0, io.EOF
}

// writeBytes is how much is written at once. A client that takes less than that
// within ResponseTimeout makes no progress.
const writeBytes = 64 << 10

func (s *connState) write(to net.Conn, p []byte) (total int, err error) {
	for {
		piece := p[total:min(total+writeBytes, len(p))]
		s.writes.Add(1)
		n, err := to.Write(piece)
		s.writes.Add(1)
		if total += n; err != nil || total == len(p) {
			return total, err
		}
	}
}

func (s *connState) close(c net.Conn) error {
	if s.closed.CompareAndSwap(false, true) {
		s.home.release()
	}
	return c.Close()
}
