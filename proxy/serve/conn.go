package serve

import (
	"io"
	"net"

	"github.com/meshhop/meshhop/internal/httpx"
)

// trackedConn is a connection with its state.
type trackedConn interface {
	net.Conn
	state() *connState
	raw() net.Conn // the connection without its state
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
	c.observer.Opened()
	now := c.now()
	c.setOptions(nc)
	if tcp, ok := nc.(*net.TCPConn); ok {
		return &tcpConn{TCPConn: tcp, connState: connState{home: c, account: account{opened: now}}}
	}
	return &conn{Conn: nc, connState: connState{home: c, account: account{opened: now}}}
}

// setOptions applies SocketOptions.Delay.
func (c *conns) setOptions(nc net.Conn) {
	if tcp, ok := nc.(*net.TCPConn); ok && c.delay {
		_ = tcp.SetNoDelay(false)
	}
}

func (c *conn) state() *connState    { return &c.connState }
func (c *tcpConn) state() *connState { return &c.connState }

func (c *conn) raw() net.Conn    { return c.Conn }
func (c *tcpConn) raw() net.Conn { return c.TCPConn }

// InputArrived is called when input arrives that does not go through Read, as package h1
// says. It returns false if the connection takes no more requests.
func (c *conn) InputArrived(n int, next bool) bool    { return c.connState.arrived(n, next) }
func (c *tcpConn) InputArrived(n int, next bool) bool { return c.connState.arrived(n, next) }

// arrived records n bytes of a request, or of the one behind it.
func (s *connState) arrived(n int, next bool) bool {
	s.account.read(n)
	return s.inputArrived(next)
}

// HandlerBegins and HandlerEnds are called around the handler of a request, as package h1
// says.
func (c *conn) HandlerBegins(head int) (last bool)    { return c.connState.handlerBegins(head) }
func (c *tcpConn) HandlerBegins(head int) (last bool) { return c.connState.handlerBegins(head) }

func (c *conn) HandlerEnds(whole bool)    { c.connState.account.handlerEnds(whole) }
func (c *tcpConn) HandlerEnds(whole bool) { c.connState.account.handlerEnds(whole) }

// OnClose sets what is called when the connection was closed, as package h1 says. It must be
// called before the connection is used.
func (c *conn) OnClose(closed func())    { c.connState.onClose = closed }
func (c *tcpConn) OnClose(closed func()) { c.connState.onClose = closed }

func (c *conn) Read(p []byte) (int, error)    { return c.connState.read(c.Conn, p) }
func (c *tcpConn) Read(p []byte) (int, error) { return c.connState.read(c.TCPConn, p) }

func (c *conn) Write(p []byte) (int, error)    { return c.connState.write(c.Conn, p) }
func (c *tcpConn) Write(p []byte) (int, error) { return c.connState.write(c.TCPConn, p) }

// WriteBuffers writes several pieces in one system call, as package h1 says.
func (c *tcpConn) WriteBuffers(pieces *net.Buffers) (int64, error) {
	return c.connState.writeBuffers(c.TCPConn, pieces)
}

func (c *conn) Close() error    { return c.connState.close(c) }
func (c *tcpConn) Close() error { return c.connState.close(c) }

// CloseWrite closes the direction to the client, if the connection supports that.
func (c *conn) CloseWrite() error { return httpx.HalfClose(c.Conn) }

// read reads for the server. A half-closed connection is read to its end and the input
// is discarded: unread data would make the system reset the connection, and then the
// client may lose responses that it was sent (RFC 9112 section 9.6).
func (s *connState) read(from net.Conn, p []byte) (int, error) {
	if s.http2.Load() != nil { // which looks for itself
		n, err := from.Read(p)
		s.account.read(n)
		s.counted()
		return n, err
	}
	if len(s.early) > 0 {
		n := copy(p, s.early)
		s.early = s.early[n:]
		return n, nil
	}
	// While a request is served, net/http reads a single byte to find out whether
	// the client is still there. That byte belongs to the next request, and the
	// client is not late with it.
	watches := len(p) == 1
	if !watches {
		s.waits()
		s.reads.Add(1)
	}
	n, err := from.Read(p)
	if !watches {
		s.reads.Add(1)
	}
	if n == 0 {
		if !watches && err == io.EOF && s.word.Load()&stateMask == stateHead {
			s.account.cut = true
		}
		return n, err
	}
	s.account.read(n)
	if s.inputArrived(watches) {
		s.counted()
		return n, err
	}
	for err == nil {
		n, err = from.Read(p)
		s.account.read(n)
	}
	return 0, io.EOF
}

// writeBytes is how much is written at once. A client that takes less than that
// within ResponseTimeout makes no progress.
const writeBytes = 64 << 10

func (s *connState) write(to net.Conn, p []byte) (total int, err error) {
	if s.account.answer.Load() == 0 && s.http2.Load() == nil {
		s.begins(p)
	}
	for {
		piece := p[total:min(total+writeBytes, len(p))]
		s.writes.Add(1)
		n, err := to.Write(piece)
		s.writes.Add(1)
		s.account.wrote(n)
		if err != nil {
			s.account.broken.Store(true)
		}
		if total += n; err != nil || total == len(p) {
			s.counted()
			return total, err
		}
	}
}

// writeBuffers is write for pieces of writeBytes together, or little more.
func (s *connState) writeBuffers(to *net.TCPConn, pieces *net.Buffers) (int64, error) {
	if s.account.answer.Load() == 0 {
		s.begins((*pieces)[0])
	}
	s.writes.Add(1)
	n, err := pieces.WriteTo(to)
	s.writes.Add(1)
	s.account.wrote(int(n))
	if err != nil {
		s.account.broken.Store(true)
	}
	s.counted()
	return n, err
}

func (s *connState) close(c trackedConn) error {
	if s.closed.CompareAndSwap(false, true) {
		s.home.release(c)
	}
	err := c.raw().Close()
	if s.onClose != nil {
		s.onClose()
	}
	if s.account.upgraded.Load() {
		s.over() // of the others net/http says so
	}
	return err
}
