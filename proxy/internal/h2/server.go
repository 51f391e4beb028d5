package h2

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/meshhop/meshhop/internal/trouble"
)

// A Server serves the requests of HTTP/2 connections. Make one with [New].
type Server struct {
	config  Config
	date    dateValue
	sweeper sweeper
	workers workers
	outs    sync.Pool // of *[]byte, for frames to be written
	ins     sync.Pool // of *[]byte, for frames that are read
	scratch sync.Pool // of *scratch
	pieces  sync.Pool // of *[]byte, for bodies
	lines   trouble.Lines
	aborted atomic.Pointer[error] // the cause that Abort was given

	accepted, requests, refused, malformed, refusedStreams, resets, floods atomic.Uint64

	mu       sync.Mutex
	closed   bool
	draining bool
	conns    map[*conn]struct{}
}

// New returns a server.
func New(config Config) *Server {
	s := &Server{config: config.withDefaults(), conns: map[*conn]struct{}{}}
	s.sweeper.init(s)
	return s
}

// ServeConn serves a connection whose first byte is that of the preface. tls is its state, or
// nil. It returns when the connection is closed and its handlers have returned.
func (s *Server) ServeConn(nc net.Conn, tls *tls.ConnectionState) {
	s.accepted.Add(1)
	c := newConn(s, nc, tls)
	s.mu.Lock()
	closed, draining := s.closed, s.draining
	if !closed {
		s.conns[c] = struct{}{}
	}
	s.mu.Unlock()
	if closed {
		nc.Close()
		s.config.ConnState(nc, http.StateClosed)
		return
	}
	s.workers.open()
	s.sweeper.open()
	c.begin()
	if draining {
		c.drain()
	}
	c.serve()
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.workers.release()
	s.sweeper.release()
	s.config.ConnState(nc, http.StateClosed)
}

// Drain has each connection end when its requests have ended. Each is told at once, takes
// requests for a round trip more, and is told then which was the last (RFC 9113 section
// 6.8).
func (s *Server) Drain() {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	for _, c := range s.all() {
		c.drain()
	}
}

// Abort ends the contexts of all requests, those to come included, with a cause. The
// responses of their handlers are still written.
func (s *Server) Abort(cause error) {
	s.aborted.CompareAndSwap(nil, &cause)
	for _, c := range s.all() {
		for _, st := range c.all() {
			st.ctx.cancel(cause)
		}
	}
}

// Close closes all connections at once. It does not wait for handlers.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, c := range s.all() {
		c.nc.Close()
	}
	return nil
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
	Connections    int    // open now
	Accepted       uint64 // connections
	Requests       uint64 // that a handler got
	Refused        uint64 // requests that no handler got, because of what is wrong with them
	Malformed      uint64 // those of them that were reset with PROTOCOL_ERROR
	RefusedStreams uint64 // streams above MaxConcurrentStreams
	Resets         uint64 // streams that clients have reset before the response had ended
	Floods         uint64 // connections that were ended with ENHANCE_YOUR_CALM
}

// Stats returns the counters since the server was made.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	open := len(s.conns)
	s.mu.Unlock()
	return Stats{
		Connections: open, Accepted: s.accepted.Load(), Requests: s.requests.Load(), Refused: s.refused.Load(), Malformed: s.malformed.Load(),
		RefusedStreams: s.refusedStreams.Load(), Resets: s.resets.Load(), Floods: s.floods.Load(),
	}
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
