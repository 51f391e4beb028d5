package proxy

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// ServerConfig says how a [Server] treats connections. Zero fields mean the
// defaults.
type ServerConfig struct {
	// ReadHeaderTimeout bounds the arrival of a request's head, from its
	// first byte on, and the wait for the first byte on a new connection.
	// Default 30 s; negative: no limit. This limit and the next three are kept
	// to within a twentieth of the shortest of them, or a second if that is less.
	ReadHeaderTimeout time.Duration

	// IdleTimeout is how long a connection is kept without a request, once it
	// had one. Default 100 s, for clients should be the first to close: most
	// of those in Go keep a connection for 90 s, and one that sends a request
	// at the moment in which the server closes has to send it again. Negative:
	// no limit.
	IdleTimeout time.Duration

	// BodyTimeout is how long nothing of a request's body may arrive while the
	// handler, or the server, reads it. Then that ends with
	// os.ErrDeadlineExceeded; a [Handler] responds with 408. Default 60 s;
	// negative: no limit.
	BodyTimeout time.Duration

	// ResponseTimeout is how long the client may take nothing of a response
	// that is there to be sent; then the connection is reset. Default 60 s;
	// negative: no limit. How long the handler is silent does not count, nor
	// does what happens on connections that were upgraded.
	ResponseTimeout time.Duration

	// MaxConnections is how many connections are open at the same time. For
	// one more the one that has been idle for longest is closed; if none is
	// idle, it waits until one ends. Default: a quarter of the descriptors
	// that the process may have when the server is made, but at least 64;
	// negative: no limit.
	MaxConnections int

	// MaxHeadBytes bounds the request line and the header lines together,
	// beyond which the connection gets 431 and closes. It should exceed the
	// sum of the handler's own bounds, which answer more exactly. Default
	// 1 MiB.
	MaxHeadBytes int

	// SoleListeners says that no other process has the sockets of the
	// listeners, which one could have inherited. A drain then has Linux refuse
	// new connections before the listener is closed, so that none is lost.
	// Without it, and elsewhere, one that is made in the microseconds before
	// the close is reset.
	SoleListeners bool

	// ErrorLog is told of connections that fail below HTTP, and of handlers
	// that panic. Default: nobody.
	ErrorLog *slog.Logger
}

// A Server accepts HTTP/1.1 connections for a handler, which can be replaced,
// and can be drained. Make one with [NewServer].
type Server struct {
	http     http.Server
	cancel   context.CancelCauseFunc
	handlers handlers
	conns    conns
	sole     bool // see ServerConfig

	mu        sync.Mutex
	closing   bool
	listeners map[*listener]struct{}
	accepting sync.WaitGroup
}

// ErrServerClosed is the cause of the end of a request that a drain did not
// wait for.
var ErrServerClosed = errors.New("proxy: the server was closed")

// NewServer returns a server for handler. A handler with a method Drain(), as
// [Handler] has, is told by it that the server drains, and then has its answers
// say that their connection closes. For others the server says so in answers
// that are begun after that.
func NewServer(handler http.Handler, config ServerConfig) *Server {
	if config.MaxHeadBytes <= 0 {
		config.MaxHeadBytes = 1 << 20
	}
	errorLog := log.New(io.Discard, "", 0)
	if config.ErrorLog != nil {
		errorLog = slog.NewLogLogger(config.ErrorLog.Handler(), slog.LevelInfo)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	s := &Server{
		http: http.Server{
			// net/http would answer OPTIONS * for the replicas.
			DisableGeneralOptionsHandler: true,

			MaxHeaderBytes: config.MaxHeadBytes,
			ErrorLog:       errorLog,
			BaseContext:    func(net.Listener) context.Context { return ctx },
		},
		cancel:    cancel,
		sole:      config.SoleListeners,
		listeners: map[*listener]struct{}{},
	}
	s.conns.init(limitsOf(config))
	s.handlers.replace(handler)
	s.http.Handler = &s.handlers
	s.http.ConnState = s.conns.changed
	return s
}

// Replace has requests that begin from now on served by another handler. The
// channel is closed when the last request of the one before has ended, its
// upgraded connection included.
func (s *Server) Replace(handler http.Handler) (over <-chan struct{}) {
	return s.handlers.replace(handler)
}

// Serve accepts connections until the server is shut down, then returns nil;
// or until accepting fails, and returns why. It closes the listener.
func (s *Server) Serve(l net.Listener) error {
	own := &listener{Listener: l, sole: s.sole, conns: &s.conns}
	if !s.accepts(own) {
		l.Close()
		return nil
	}
	defer s.acceptsNoMore(own)
	watching, cancel := context.WithCancel(context.Background())
	var watch sync.WaitGroup
	watch.Go(func() { s.conns.watch(watching) })
	defer watch.Wait()
	defer cancel()
	if err := s.http.Serve(own); !own.left.Load() {
		return err
	}
	return nil
}

func (s *Server) accepts(l *listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.accepting.Add(1)
	s.listeners[l] = struct{}{}
	return true
}

func (s *Server) acceptsNoMore(l *listener) {
	s.mu.Lock()
	delete(s.listeners, l)
	s.mu.Unlock()
	s.accepting.Done()
}

// Shutdown stops accepting and waits until the requests in flight have ended,
// or for as long as ctx lasts less a fifth, at most a second: that is for
// breaking off the others, which takes at most until the end of ctx, or a tenth
// of a second where less is left, or a second if ctx has no deadline. The error
// says that some were broken off. Upgraded connections are not waited for, but
// broken off when the others are closed. Either way the handlers have returned
// when Shutdown does, unless they do not heed the end of their request's context
// in that time.
//
// Clients are asked to leave: answers say that their connection closes, and a
// connection on which no request comes for a while is closed. That while is a
// twentieth of the time until ctx ends, at most a second, and half a second if
// ctx has no deadline. A request that comes meanwhile is served, also one on a
// connection that was not accepted yet. A connection is closed first in one
// direction, so that a client that sends a request at the same moment finds the
// connection closed and not reset; that request has not been served.
func (s *Server) Shutdown(ctx context.Context) error {
	waiting, done := untilBreaking(ctx)
	defer done()
	s.handlers.drain()
	s.leave(waiting)
	err := s.conns.drain(waiting, patienceOf(ctx))
	s.cancel(ErrServerClosed)
	end := lastMoment(ctx)
	if err != nil {
		// Those that were broken off are told so, which takes a moment.
		telling, done := context.WithDeadline(context.Background(), end.Add(-time.Until(end)/4))
		_ = s.conns.drain(telling, 0)
		done()
	}
	s.http.Close()
	closing, done := context.WithDeadline(context.Background(), end)
	defer done()
	s.handlers.wait(closing)
	return err
}

// untilBreaking ends before ctx does, so that there is time to break off what is
// not over then.
func untilBreaking(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, end.Add(-min(max(time.Until(end), 0)/5, breakTimeout)))
}

// lastMoment is when the requests that are broken off are not waited for any
// more.
func lastMoment(ctx context.Context) time.Time {
	now := time.Now()
	end, ok := ctx.Deadline()
	if !ok || errors.Is(ctx.Err(), context.Canceled) {
		return now.Add(breakTimeout)
	}
	if soon := now.Add(breakTimeout / 10); end.Before(soon) {
		return soon
	}
	return end
}

// leave accepts what is there to be accepted, and no more.
func (s *Server) leave(ctx context.Context) {
	s.mu.Lock()
	s.closing = true
	for l := range s.listeners {
		l.leave(ctx)
	}
	s.mu.Unlock()
	s.conns.hurry()
	s.accepting.Wait()
}

// patienceOf is how long a connection may wait for a request while the server
// drains.
func patienceOf(ctx context.Context) time.Duration {
	end, ok := ctx.Deadline()
	switch {
	case ctx.Err() != nil:
		return 0
	case !ok:
		return time.Second / 2
	}
	return min(time.Until(end)/20, time.Second)
}

// breakTimeout bounds the wait for requests that were broken off.
const breakTimeout = time.Second
