package h1

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/trouble"
)

// A Server serves the requests of HTTP/1.1 connections. Make one with [New].
type Server struct {
	config  Config
	date    dateLine
	sweeper sweeper
	lot     lot
	buffers sync.Pool // of *buffers
	bulk    sync.Pool // of *[maxCopy]byte, for copying bodies
	lines   trouble.Lines
	aborted atomic.Pointer[error] // the cause that Abort was given
	finish  time.Duration         // maxHalfClosed, or less in tests

	accepted, requests, refused atomic.Uint64

	mu        sync.Mutex
	closed    bool
	listeners map[net.Listener]struct{}
	conns     map[*conn]struct{}
}

// New returns a server.
func New(config Config) *Server {
	s := &Server{
		config:    config.withDefaults(),
		finish:    maxHalfClosed,
		sweeper:   sweeper{end: make(chan struct{})},
		listeners: map[net.Listener]struct{}{},
		conns:     map[*conn]struct{}{},
	}
	s.lot.init(s)
	return s
}

// Serve accepts connections until Close is called, and then returns
// [http.ErrServerClosed], or until accepting fails. It closes the listener.
func (s *Server) Serve(l net.Listener) error {
	defer l.Close()
	if !s.add(l) {
		return http.ErrServerClosed
	}
	defer s.remove(l)
	for pause := time.Duration(0); ; {
		nc, err := l.Accept()
		if err == nil {
			pause = 0
			s.serveConn(nc)
			continue
		}
		if s.isClosed() {
			return http.ErrServerClosed
		}
		if !isTemporary(err) {
			return err
		}
		pause = min(max(2*pause, minPause), maxPause)
		time.Sleep(pause) // descriptors are short: others have to end first
	}
}

const (
	minPause = 5 * time.Millisecond
	maxPause = time.Second
)

// isTemporary reports whether Accept may succeed later, as it may when the process has too
// many open files.
func isTemporary(err error) bool {
	var temporary interface{ Temporary() bool }
	return errors.As(err, &temporary) && temporary.Temporary()
}

// serveConn serves a connection in a goroutine.
func (s *Server) serveConn(nc net.Conn) {
	c := newConn(s, nc)
	s.accepted.Add(1)
	s.mu.Lock()
	closed := s.closed
	if !closed {
		s.conns[c] = struct{}{}
	}
	s.mu.Unlock()
	s.config.ConnState(nc, http.StateNew)
	if closed {
		nc.Close()
		s.config.ConnState(nc, http.StateClosed)
		return
	}
	go c.serve()
	s.lot.open(c)
}

func (s *Server) forget(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

func (s *Server) add(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.listeners[l] = struct{}{}
	return true
}

func (s *Server) remove(l net.Listener) {
	s.mu.Lock()
	delete(s.listeners, l)
	s.mu.Unlock()
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

// Abort ends the contexts of all requests, those to come included, with a cause. The
// responses of their handlers are still written. Hijacked connections are requests until
// their handlers return.
func (s *Server) Abort(cause error) {
	s.aborted.CompareAndSwap(nil, &cause)
	for _, c := range s.all() {
		c.look(func(x *exchange) { x.ctx.cancel(cause) })
	}
}

// Close closes the listeners and all connections that are not hijacked at once. It does not
// wait for handlers.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	var errs []error
	for l := range s.listeners {
		errs = append(errs, l.Close())
	}
	s.mu.Unlock()
	for _, c := range s.all() {
		c.close()
	}
	s.sweeper.close()
	s.lot.close()
	return errors.Join(errs...)
}

func (s *Server) all() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		all = append(all, c)
	}
	return all
}

// Stats are a server's counters.
type Stats struct {
	Connections int    // open now, and those whose handlers have hijacked them and not returned
	Accepted    uint64 // connections
	Requests    uint64 // that a handler got
	Refused     uint64 // requests that no handler got, because of what is wrong with them
}

// Stats returns the counters since the server was made.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	open := len(s.conns)
	s.mu.Unlock()
	return Stats{Connections: open, Accepted: s.accepted.Load(), Requests: s.requests.Load(), Refused: s.refused.Load()}
}

// tell tells the log something that a client can cause, a few times a minute.
func (s *Server) tell(what string, attributes ...slog.Attr) {
	missed, ok := s.lines.Room()
	if !ok {
		return
	}
	if missed > 0 {
		attributes = append(attributes, slog.Uint64("missed", missed))
	}
	s.config.ErrorLog.LogAttrs(context.Background(), slog.LevelInfo, what, attributes...)
}
