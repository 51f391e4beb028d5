package serve

import (
	"io"
	"net"
	"net/http"
	"sync/atomic"
)

// conn is a connection that tracks whether a request is on it, from the first byte
// of its head on, and whether it waits for its peer.
type conn struct {
	net.Conn
	life life
}

// tcpConn is a conn with the methods that net/http looks for in a TCP connection,
// such as the one by which the kernel copies bodies.
type tcpConn struct {
	*net.TCPConn
	life life
}

// tracked is a connection with its state.
type tracked interface {
	net.Conn
	alive() *life
}

var _ io.ReaderFrom = (*tcpConn)(nil)

// track wraps a connection that the server accepted.
func (c *conns) track(nc net.Conn) tracked {
	if tcp, ok := nc.(*net.TCPConn); ok {
		return &tcpConn{TCPConn: tcp, life: life{home: c}}
	}
	return &conn{Conn: nc, life: life{home: c}}
}

func (c *conn) alive() *life    { return &c.life }
func (c *tcpConn) alive() *life { return &c.life }

func (c *conn) Read(p []byte) (int, error)    { return c.life.read(c.Conn, p) }
func (c *tcpConn) Read(p []byte) (int, error) { return c.life.read(c.TCPConn, p) }

func (c *conn) Write(p []byte) (int, error)    { return c.life.write(c.Conn, p) }
func (c *tcpConn) Write(p []byte) (int, error) { return c.life.write(c.TCPConn, p) }

func (c *conn) Close() error    { return c.life.close(c.Conn) }
func (c *tcpConn) Close() error { return c.life.close(c.TCPConn) }

// CloseWrite closes the direction to the client, if the connection supports it.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return http.ErrNotSupported
}

// life is the state of a connection. The low bits of word say what it does; above
// them is the number of requests that it has finished.
type life struct {
	word    atomic.Uint64
	in, out atomic.Uint32 // calls that wait, or waited, for the peer: odd within one
	home    *conns
	closed  atomic.Bool
}

// The states of a connection.
const (
	waiting uint64 = 0 // idle: it waits for the first byte of a request
	heading uint64 = 1 // it reads the head of a request
	leaving uint64 = 2 // half-closed: input arrived too late and is discarded
	serving uint64 = 3 // it serves a request, until the response is written

	doing   uint64 = 3 // the mask of the states above
	ahead   uint64 = 4 // while serving: the first byte of the next request has arrived
	another uint64 = 8 // added for each finished request
)

// read reads for the server. A connection that is leaving it reads to the end,
// because unread data would make the system reset the connection, and then the
// client may lose responses that it was sent (RFC 9112 section 9.6).
func (l *life) read(from net.Conn, p []byte) (int, error) {
	// While a request is served, net/http reads a single byte to find out whether
	// the client is still there. That byte belongs to the next request, and the
	// client is not late with it.
	watches := len(p) == 1
	if !watches {
		l.in.Add(1)
	}
	n, err := from.Read(p)
	if !watches {
		l.in.Add(1)
	}
	if n == 0 || l.begin(watches) {
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

func (l *life) write(to net.Conn, p []byte) (total int, err error) {
	for {
		piece := p[total:min(total+writeBytes, len(p))]
		l.out.Add(1)
		n, err := to.Write(piece)
		l.out.Add(1)
		if total += n; err != nil || total == len(p) {
			return total, err
		}
	}
}

func (l *life) close(c net.Conn) error {
	if l.closed.CompareAndSwap(false, true) {
		l.home.gone()
	}
	return c.Close()
}

// begin records that a request has begun or, while one is being served, that the
// next one has. It returns false if the request came too late.
func (l *life) begin(next bool) bool {
	for {
		now := l.word.Load()
		then := now | heading
		switch now & doing {
		case leaving:
			return false
		case heading:
			return true
		case serving:
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

// serve notes that the head of a request is here. Its first byte may have been
// read behind the request before.
func (l *life) serve() {
	for {
		now := l.word.Load()
		if now&doing == leaving || l.word.CompareAndSwap(now, now|serving) {
			return
		}
	}
}

// end notes that the answer is out.
func (l *life) end() {
	for {
		now := l.word.Load()
		then := now&^doing + another
		switch {
		case now&doing != serving:
			return
		case now&ahead != 0:
			then = now&^(doing|ahead) | heading + another // and the next one has begun
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
