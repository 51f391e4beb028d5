package h1

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
)

// conn is a connection. It belongs to the goroutine that serves it, with the request's body
// at times to another one.
type conn struct {
	server *Server
	nc     net.Conn
	raw    syscall.RawConn // nil: the connection has none
	local  net.Addr
	remote string
	tls    *tls.ConnectionState
	idle   idler
	watch  watch
	parked parking
	ended  atomic.Bool // close was called
	taken  atomic.Bool // a handler has hijacked it
	used   bool        // it has had a request

	// For the sweeper.
	listed     atomic.Bool
	swept      *exchange // that it saw in the round before
	idleSweeps int       // rounds without a request to watch

	*buffers // nil while idle

	current atomic.Pointer[exchange] // nil while idle
	lookers atomic.Int32             // goroutines that look at it
}

func newConn(s *Server, nc net.Conn) *conn {
	c := &conn{server: s, nc: nc, local: nc.LocalAddr()}
	if a := nc.RemoteAddr(); a != nil {
		c.remote = a.String()
	}
	if sc, ok := nc.(syscall.Conn); ok {
		c.raw, _ = sc.SyscallConn()
	}
	c.watch.init(c)
	if teller, ok := nc.(closeTeller); ok {
		teller.OnClose(c.unpark)
	}
	return c
}

// inputObserver is a connection that wants to know when a request begins. It is told by
// InputArrived, because waiting for a request does not go through its Read: n is how many
// bytes did not. next says that another request is still being served. It returns false if
// the connection takes no more requests; what has arrived is dropped then.
type inputObserver interface {
	InputArrived(n int, next bool) (more bool)
}

// handlerObserver is a connection that wants to know which requests come to the handler, and
// how many bytes their heads have: those that the server refuses do not. It returns true if
// the connection is to be closed after the response. whole is false if the handler panicked.
type handlerObserver interface {
	HandlerBegins(head int) (last bool)
	HandlerEnds(whole bool)
}

// serve serves the connection until it ends or is parked.
func (c *conn) serve() {
	for c.serveRequests() {
		if c.server.lot.park(c) {
			return
		}
		c.parked.stays = true
	}
}

// serveRequests serves requests one after the other, in the order in which they come. It
// returns true if the connection is to be parked.
func (c *conn) serveRequests() (park bool) {
	defer c.end()
	for {
		if c.buffers == nil && !c.await() {
			return c.parked.leaves
		}
		if c.negotiated() {
			c.handOver()
			return
		}
		x, err := c.readRequest()
		if err != nil {
			c.failed(err)
			return false
		}
		if !c.exchange(x) {
			return false
		}
	}
}

// failed deals with a head that could not be read.
func (c *conn) failed(err error) {
	var r *refusal
	if c.takesOver(err) {
		c.handOver()
	} else if errors.As(err, &r) {
		c.server.config.ConnState(c.nc, http.StateActive)
		c.refuse(r)
	}
}

// end ends the connection, unless it is to be parked.
func (c *conn) end() {
	if c.parked.leaves {
		c.parked.leaves = false
		return
	}
	x := c.current.Load()
	hijacked := x != nil && x.w.hijacked
	if failure := recover(); failure != nil {
		if failure != http.ErrAbortHandler {
			c.tellPanic(failure)
		}
		if x != nil {
			c.handlerEnds(false)
		}
		if x != nil && !hijacked {
			x.w.abort()
		}
	}
	c.retire(x)
	c.releaseBuffers()
	if !hijacked && !c.taken.Load() {
		c.close()
		c.server.config.ConnState(c.nc, http.StateClosed)
	}
	c.server.forget(c)
}

// tellPanic tells the log of a handler that panicked.
func (c *conn) tellPanic(failure any) {
	stack := make([]byte, 64<<10)
	stack = stack[:runtime.Stack(stack, false)]
	c.server.tell("panic of a handler", slog.String("client", c.remote), slog.Any("panic", failure), slog.String("stack", string(stack)))
}

// retire ends the use of a request: its context ends, and its body and its writer fail.
func (c *conn) retire(x *exchange) (quiet bool) {
	quiet = true
	if x == nil {
		return quiet
	}
	x.w.over.Store(true)
	x.unwatched.Store(true)
	if !x.w.hijacked {
		quiet = x.body.c == nil || x.body.detach()
	}
	c.watch.stop()
	c.current.Store(nil)
	x.ctx.cancel(context.Canceled)
	if x.req.MultipartForm != nil {
		_ = x.req.MultipartForm.RemoveAll()
	}
	return quiet
}

// exchange serves a request. It reports whether the connection is kept.
func (c *conn) exchange(x *exchange) (keep bool) {
	s := c.server
	s.config.ConnState(c.nc, http.StateActive)
	s.requests.Add(1)
	c.current.Store(x)
	c.used = true
	if cause := s.aborted.Load(); cause != nil {
		x.ctx.cancel(*cause)
	}
	if c.raw == nil {
		s.sweeper.add(c)
	}
	if o, ok := c.nc.(handlerObserver); ok && o.HandlerBegins(x.head) {
		x.w.close = true
	}
	x.ctx.heads.Handler = s.config.Handler
	s.config.Handler.ServeHTTP(&x.w, &x.req)
	c.handlerEnds(true)
	w := &x.w
	if w.hijacked {
		return false
	}
	w.finish()
	if !w.close && !x.body.complete.Load() {
		w.close = !x.body.drainUnread() // with full duplex
	}
	complete := x.body.complete.Load()
	quiet := c.retire(x)
	if !quiet {
		w.close = true
	}
	if w.deadlines && !w.close && c.nc.SetDeadline(time.Time{}) != nil {
		return false
	}
	if w.close {
		if w.err == nil && (!complete || len(c.Buffered()) > 0) {
			c.linger()
		}
		return false
	}
	if quiet {
		c.giveBack(x)
	}
	if len(c.Buffered()) > 0 {
		c.addWatched()
		c.observe(0, true) // the next request has begun already
	} else {
		c.releaseBuffers()
	}
	s.config.ConnState(c.nc, http.StateIdle)
	return true
}

// observe tells the connection that input has arrived, of which n bytes did not go through
// its Read.
func (c *conn) observe(n int, next bool) (more bool) {
	if o, ok := c.nc.(inputObserver); ok {
		return o.InputArrived(n, next)
	}
	return true
}

func (c *conn) handlerEnds(whole bool) {
	if o, ok := c.nc.(handlerObserver); ok {
		o.HandlerEnds(whole)
	}
}

func (c *conn) releaseBuffers() {
	if c.buffers != nil {
		c.server.putBuffers(c.buffers)
		c.buffers = nil
	}
}

// addWatched puts a byte of the next request that watch has read behind what is buffered of
// it. If nothing is, await does so.
func (c *conn) addWatched() {
	if c.watch.takeByte() {
		c.MakeRoom(c.W + 1)
		c.In[c.W] = c.watch.one[0]
		c.W++
	}
}

// takeEarly returns what was read beyond the request, and releases the buffers.
func (c *conn) takeEarly() []byte {
	early := append([]byte(nil), c.Buffered()...)
	if c.watch.takeByte() {
		early = append(early, c.watch.one[0])
	}
	c.releaseBuffers()
	return early
}

// close closes the connection, unless a handler has hijacked it.
func (c *conn) close() {
	if !c.taken.Load() && !c.ended.Swap(true) {
		c.nc.Close()
		c.unpark()
	}
}

// Fill reads once into the buffer, after what is buffered. It does nothing if the buffer is
// full and holds limit bytes.
func (c *conn) Fill(limit int) error {
	if !c.MakeRoom(limit) {
		return nil
	}
	if len(c.In)-c.W == 1 && c.R > 0 { // a read of one byte would look like one of watch
		c.W = copy(c.In, c.Buffered())
		c.R = 0
	}
	n, err := readSome(c.nc, c.In[c.W:])
	c.W += n
	return err
}

// readSome reads at least one byte, or returns an error.
func readSome(from io.Reader, p []byte) (int, error) {
	for range 100 {
		if n, err := from.Read(p); n > 0 {
			return n, nil // the next read gets an error again
		} else if err != nil {
			return 0, err
		}
	}
	return 0, io.ErrNoProgress
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
