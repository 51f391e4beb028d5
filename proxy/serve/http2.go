package serve

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"

	"github.com/meshhop/meshhop/internal/trouble"
)

// http2Server serves connections that speak HTTP/2. That is net/http's server, which has one
// for each connection here, because it says GOAWAY to all of its connections or to none.
// What goes over the connection passes through an http2Conn, which counts it.
type http2Server struct {
	settings HTTP2
	spoken   http.Protocols
	handlers *handlers
	conns    *conns
	errorLog *log.Logger
	told     *slog.Logger // nil: nobody
	lines    trouble.Lines

	ctx    context.Context // of all requests
	cancel context.CancelCauseFunc

	mu     sync.Mutex
	closed bool
	all    map[*http2Conn]struct{}
}

func (s *Server) newHTTP2(config Config, errorLog *log.Logger) *http2Server {
	h := &http2Server{
		settings: config.HTTP2.withDefaults(config.MaxHeadBytes), spoken: s.spoken,
		handlers: &s.handlers, conns: &s.conns, errorLog: errorLog, told: config.ErrorLog,
		all: map[*http2Conn]struct{}{},
	}
	h.ctx, h.cancel = context.WithCancelCause(context.Background())
	return h
}

// accepted is the connection that the server accepted, below what somebody wrapped around it.
func accepted(nc net.Conn) (trackedConn, bool) {
	if over, ok := nc.(interface{ NetConn() net.Conn }); ok {
		if c, ok := over.NetConn().(trackedConn); ok {
			return c, true
		}
	}
	c, ok := nc.(trackedConn)
	return c, ok
}

// serve begins to serve a connection whose next byte is that of the preface. It returns at
// once.
func (h *http2Server) serve(nc net.Conn) {
	conn, ok := accepted(nc)
	if !ok {
		nc.Close()
		return
	}
	if conn.state().secure == nil && !h.spoken.UnencryptedHTTP2() {
		_, _ = io.WriteString(conn, versionRefused)
		conn.Close()
		h.conns.stateChanged(conn, http.StateClosed)
		return
	}
	c := newHTTP2Conn(h, conn, nc)
	if !h.add(c) {
		c.Close()
		c.stateChanged(nil, http.StateClosed)
		return
	}
	conn.state().http2.Store(c)
	one := &oneConn{conn: c}
	_ = c.server.Serve(one)
	if !one.taken { // it was shut down already
		c.Close()
		c.stateChanged(nil, http.StateClosed)
	}
}

const versionRefused = "HTTP/1.1 505 HTTP Version Not Supported\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

// serverOf is net/http's server for a connection.
func (h *http2Server) serverOf(c *http2Conn) *http.Server {
	s := &http.Server{
		DisableGeneralOptionsHandler: true, // or it would answer OPTIONS * in place of the handler

		Handler:        c,
		MaxHeaderBytes: max(h.settings.MaxHeaderListBytes-http1Padding, 1),
		Protocols:      new(http.Protocols),
		HTTP2:          h.settings.config(c.erred),
		ConnState:      c.stateChanged,
		ErrorLog:       h.errorLog,
		BaseContext:    func(net.Listener) context.Context { return h.ctx },
	}
	s.Protocols.SetUnencryptedHTTP2(true) // TLS, if there is any, is below
	return s
}

// http1Padding is what net/http's server adds to MaxHeaderBytes for HTTP/2.
const http1Padding = 320

func (h *http2Server) add(c *http2Conn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.all[c] = struct{}{}
	return true
}

func (h *http2Server) remove(c *http2Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.all, c)
}

// abort ends the contexts of all requests.
func (h *http2Server) abort(cause error) { h.cancel(cause) }

// close closes all connections at once.
func (h *http2Server) close() {
	h.cancel(context.Canceled)
	h.mu.Lock()
	h.closed = true
	all := make([]*http2Conn, 0, len(h.all))
	for c := range h.all {
		all = append(all, c)
	}
	h.mu.Unlock()
	for _, c := range all {
		c.Close()
	}
}

// tell tells the log something that a client can cause, a few times a minute.
func (h *http2Server) tell(what string, attributes ...slog.Attr) {
	if h.told == nil {
		return
	}
	if missed, ok := h.lines.Room(); ok {
		if missed > 0 {
			attributes = append(attributes, slog.Uint64("missed", missed))
		}
		h.told.LogAttrs(context.Background(), slog.LevelInfo, what, attributes...)
	}
}

// oneConn is a listener with one connection. Whoever accepts from it gets that, and then
// that there are no more.
type oneConn struct {
	conn  net.Conn
	taken bool
}

func (l *oneConn) Accept() (net.Conn, error) {
	if l.taken {
		return nil, net.ErrClosed
	}
	l.taken = true
	return l.conn, nil
}

func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return l.conn.LocalAddr() }
