package serve

import (
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// http2Conn is a connection that speaks HTTP/2, as net/http's server gets it. It has no
// method ConnectionState, by which that would look for HTTP/2 in TLS alone.
type http2Conn struct {
	net.Conn // from which is read what was read already
	home     *http2Server
	conn     trackedConn
	state    *connState
	server   *http.Server

	// For the goroutine that reads.
	in       frames
	buffered []byte // what was read ahead of net/http, which reads a few bytes at a time
	buffer   []byte

	lastStream atomic.Uint32 // the highest that the client has opened
	calm       atomic.Bool   // it was told to be calm

	floodMu sync.Mutex
	flood   flood

	outMu    sync.Mutex // is held during a write
	out      frames
	waiting  []byte        // frames of ours, for the end of one of net/http's
	injected chan struct{} // is closed when they are written

	leaving leaving

	mu      sync.Mutex
	streams map[*stream]struct{} // in a handler
	users   int                  // those and, until it was closed, net/http's server
	turns   uint32               // of streams that came and went
	begun   uint64               // requests
	ended   uint64
	quiet   ioCall // for the watcher: since when there is no handler while there are streams
}

// readAhead is how much is read at once. It holds the frames of several requests.
const readAhead = 4 << 10

var errCalm = errors.New("the client was told to be calm")

func newHTTP2Conn(home *http2Server, conn trackedConn, nc net.Conn) *http2Conn {
	c := &http2Conn{
		Conn: nc, home: home, conn: conn, state: conn.state(), streams: map[*stream]struct{}{}, users: 1,
		in: frames{left: prefaceBytes}, buffer: make([]byte, readAhead),
	}
	c.server = home.serverOf(c)
	return c
}

// Read reads for net/http's server.
func (c *http2Conn) Read(p []byte) (n int, err error) {
	if c.calm.Load() {
		return 0, c.endCalmly()
	}
	switch {
	case len(c.buffered) > 0:
		n = copy(p, c.buffered)
		c.buffered = c.buffered[n:]
	case len(p) >= len(c.buffer):
		n, err = c.Conn.Read(p)
	default:
		var ahead int
		ahead, err = c.Conn.Read(c.buffer)
		n = copy(p, c.buffer[:ahead])
		c.buffered = c.buffer[n:ahead]
		if len(c.buffered) > 0 {
			err = nil // the next read gets it again
		}
	}
	if !c.follow(p[:n]) {
		c.endFlood()
	}
	if c.calm.Load() {
		return 0, c.endCalmly()
	}
	return n, err
}

// follow looks at what the client sends. It returns false if that is too much.
func (c *http2Conn) follow(p []byte) bool {
	for {
		h, rest, ok := c.in.next(p)
		if !ok {
			return true
		}
		p = rest
		if h.kind == frameHeaders {
			c.lastStream.Store(max(c.lastStream.Load(), h.stream))
		}
		c.floodMu.Lock()
		fine := c.flood.sees(h, c.home.conns.now, c.home.settings.MaxConcurrentStreams)
		c.floodMu.Unlock()
		if !fine {
			return false
		}
	}
}

// erred is called when the client has made a mistake.
func (c *http2Conn) erred(kind string) {
	c.home.conns.counts.mistakes.Add(1)
	c.floodMu.Lock()
	fine := c.flood.errs(kind, c.home.conns.now(), c.home.settings.MaxConcurrentStreams)
	c.floodMu.Unlock()
	if !fine {
		c.endFlood()
	}
}

// endFlood ends the connection of a client that does too much. What it reads from now on
// fails.
func (c *http2Conn) endFlood() {
	if c.calm.Swap(true) {
		return
	}
	c.home.conns.counts.floods.Add(1)
	c.home.tell("closing a connection whose client resets too many streams, or sends too many frames that ask for nothing",
		slog.String("client", c.RemoteAddr().String()))
	_ = c.Conn.SetReadDeadline(past())
}

// endCalmly says why the connection ends, before net/http's server sees an error and closes
// it. A client that does not read is not waited for.
func (c *http2Conn) endCalmly() error {
	_ = c.Conn.SetWriteDeadline(time.Now().Add(answerTime))
	select {
	case <-c.inject(goAwayFrame(c.lastStream.Load(), goAwayCalm)):
	case <-time.After(answerTime):
	}
	return errCalm
}

// Write writes for net/http's server. Frames of ours go between those of its.
func (c *http2Conn) Write(p []byte) (int, error) {
	c.outMu.Lock()
	defer c.outMu.Unlock()
	n, err := c.Conn.Write(p)
	for rest, more := p[:n], true; more; {
		_, rest, more = c.out.next(rest)
	}
	if len(c.waiting) > 0 && (err != nil || c.out.between()) {
		if err == nil {
			_, err = c.Conn.Write(c.waiting)
		}
		c.waiting = nil
		close(c.injected)
	}
	return n, err
}

// inject writes a frame of ours when there is room for it. It may wait for the client. The
// channel is closed when the frame is written, or cannot be.
func (c *http2Conn) inject(frame []byte) <-chan struct{} {
	c.outMu.Lock()
	defer c.outMu.Unlock()
	if len(c.waiting) == 0 {
		c.injected = make(chan struct{})
	}
	if c.out.between() {
		_, _ = c.Conn.Write(frame)
		close(c.injected)
	} else {
		c.waiting = append(c.waiting, frame...)
	}
	return c.injected
}

// farewellTime is how long the last frame may take. It fits into the socket's buffer, or the
// client does not read.
const farewellTime = 10 * time.Millisecond

// farewell says why the connection ends now, if that can be said at once.
func (c *http2Conn) farewell(code uint32) {
	if !c.outMu.TryLock() {
		return
	}
	defer c.outMu.Unlock()
	if c.out.between() && c.Conn.SetWriteDeadline(time.Now().Add(farewellTime)) == nil {
		_, _ = c.Conn.Write(goAwayFrame(c.lastStream.Load(), code))
	}
}

// stateChanged follows what net/http's server reports of the connection.
func (c *http2Conn) stateChanged(_ net.Conn, state http.ConnState) {
	conns := c.home.conns
	switch state {
	case http.StateActive:
		c.state.streamsBegin()
	case http.StateIdle:
		c.state.finish()
		conns.wakeQueued()
	case http.StateClosed:
		c.home.remove(c)
		c.leaves() // first, so that a drain waits for it
		conns.mu.Lock()
		delete(conns.all, c.conn)
		conns.mu.Unlock()
	}
}
