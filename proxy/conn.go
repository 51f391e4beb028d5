package proxy

import (
	"io"
	"net"
	"net/http"
	"sync/atomic"
)

// conn is a connection that knows whether a request is on it, from the first
// byte of its head on.
type conn struct {
	net.Conn
	life life
}

// tcpConn is a conn with all that net/http looks for in a TCP connection, such
// as having the kernel move bodies.
type tcpConn struct {
	*net.TCPConn
	life life
}

// tracked is a connection with its life.
type tracked interface {
	net.Conn
	alive() *life
}

var _ io.ReaderFrom = (*tcpConn)(nil)

func track(c net.Conn) net.Conn {
	if tcp, ok := c.(*net.TCPConn); ok {
		return &tcpConn{TCPConn: tcp}
	}
	return &conn{Conn: c}
}

func (c *conn) alive() *life    { return &c.life }
func (c *tcpConn) alive() *life { return &c.life }

func (c *conn) Read(p []byte) (int, error)    { return c.life.read(c.Conn, p) }
func (c *tcpConn) Read(p []byte) (int, error) { return c.life.read(c.TCPConn, p) }

// CloseWrite closes one direction, where the connection can do that.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return http.ErrNotSupported
}

// life is what a connection does, in the low bits, and above them how many
// requests it is done with.
type life struct{ word atomic.Uint64 }

// What a connection does.
const (
	waiting uint64 = 0 // for the first byte of a request
	working uint64 = 1 // on a request, until its answer is out
	leaving uint64 = 2 // nothing: what comes now was sent too late

	doing   uint64 = 3 // the bits of the above
	ahead   uint64 = 4 // while working: the first byte of the next request is here
	another uint64 = 8 // one request more
)

// read reads for the server. Of a connection that is leaving it reads to the
// end, for data that nobody read would have the system reset the connection,
// and then the peer may not see the answers that it has (RFC 9112 section 9.6).
func (l *life) read(from net.Conn, p []byte) (int, error) {
	n, err := from.Read(p)
	// While a request is served net/http reads a single byte to find out
	// whether the caller is still there: that is the next request's.
	if n == 0 || l.begin(len(p) == 1) {
		return n, err
	}
	for err == nil {
		_, err = from.Read(p)
	}
	return 0, io.EOF
}

// begin notes that a request has begun, or, if one is being served, that the
// next one has; it is false if that was too late.
func (l *life) begin(next bool) bool {
	for {
		now := l.word.Load()
		then := now | working
		switch now & doing {
		case leaving:
			return false
		case working:
			if !next {
				return true
			}
			then = now | ahead
		}
		if l.word.CompareAndSwap(now, then) {
			return true
		}
	}
}

// end notes that the answer is out.
func (l *life) end() {
	for {
		now := l.word.Load()
		then := now&^doing + another
		switch {
		case now&doing != working:
			return
		case now&ahead != 0:
			then = now&^ahead + another // and works on the next one
		}
		if l.word.CompareAndSwap(now, then) {
			return
		}
	}
}

// leave has a connection that is still as it was read no more requests.
func (l *life) leave(was uint64) bool {
	return was&doing == waiting && l.word.CompareAndSwap(was, was|leaving)
}
