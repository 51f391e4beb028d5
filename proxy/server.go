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
	// Default 30 s; negative: no limit. This limit and the next three are enforced
	// to within a twentieth of the shortest of them, or a second if that is less.
	ReadHeaderTimeout time.Duration

	// IdleTimeout is how long a connection is kept open without a request after
	// its first one. Default 100 s, because clients should be the first to close:
	// most clients in Go keep a connection for 90 s, and a client that sends a
	// request at the moment in which the server closes has to send it again.
	// Negative: no limit.
	IdleTimeout time.Duration

	// BodyTimeout is how long the handler, or the server, waits for more of a
	// request's body while it reads it. After that the read fails with
	// os.ErrDeadlineExceeded; a [Handler] responds with 408. Default 60 s;
	// negative: no limit.
	BodyTimeout time.Duration

	// ResponseTimeout is how long a write to the client may make no progress; after
	// that the connection is reset. Default 60 s; negative: no limit. The time in
	// which the handler writes nothing does not count, and upgraded connections
	// have no limit.
	ResponseTimeout time.Duration

	// MaxConnections is how many connections may be open at the same time. To
	// accept one more, the server closes the one that has been idle for longest;
	// if none is idle, the new one waits until another ends. Default: a quarter of
	// the descriptors that the process may have when the server is made, but at
	// least 64; negative: no limit.
	MaxConnections int

	// MaxHeadBytes bounds the request line and the header lines together. A longer
	// head gets 431 and the connection is closed. It should exceed the sum of the
	// handler's own bounds, whose responses say more exactly what is too long.
	// Default 1 MiB.
	MaxHeadBytes int

	// SoleListeners says that no other process has the sockets of the listeners,
	// for example because it inherited them. On Linux a drain then refuses new
	// connections before it closes the listener, so that none is lost. Without it,
	// and on other systems, a connection that is made in the microseconds before
	// the close is reset.
	SoleListeners bool

	// ErrorLog gets the errors of connections that fail below HTTP, and the panics
	// of handlers. Default: they are not logged.
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

// ErrServerClosed is the cause with which the context of a request ends that a drain
// did not wait for.
var ErrServerClosed = errors.New("proxy: the server was closed")

// NewServer returns a server for handler. If handler has a method Drain(), as
// [Handler] does, Shutdown calls it; from then on the handler must send
// Connection: close. For other handlers the server adds that header to responses
// that begin after the call of Shutdown.
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

// Replace makes another handler serve the requests that begin from now on. The
// channel is closed when the last request of the previous handler has ended,
// including its upgraded connections.
func (s *Server) Replace(handler http.Handler) (over <-chan struct{}) {
	return s.handlers.replace(handler)
}

// Serve accepts connections until the server is shut down, and then returns nil, or
// until accepting fails, and then returns that error. It closes the listener.
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

// Shutdown drains the server: it stops accepting connections and waits until the
// requests in flight have ended. It reserves a fifth of the time until ctx ends, at
// most a second, for aborting the requests that have not ended by then. Aborting
// takes at most until the end of ctx, or a tenth of a second if less is left, or a
// second if ctx has no deadline. If requests were aborted Shutdown returns an error.
// It does not wait for upgraded connections: they are aborted when the others are
// closed. In all cases the handlers have returned when Shutdown does, unless they
// ignore the end of their request's context for that time.
//
// Responses ask clients to close their connections (Connection: close), and a
// connection that stays idle is closed. The idle time for that is a twentieth of the
// time until ctx ends, at most a second, and half a second if ctx has no deadline. A
// request that comes before is served, also on a connection that the system had
// established but the server had not accepted yet. An idle connection is first
// half-closed, so that a client that sends a request at the same moment finds the
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
		// The aborted requests get an error response, which takes a moment.
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

// untilBreaking returns a context that ends before ctx does, so that there is time
// to abort the requests that have not ended by then.
func untilBreaking(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, end.Add(-min(max(time.Until(end), 0)/5, breakTimeout)))
}

// lastMoment returns until when aborted requests are waited for.
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

// leave accepts the connections that the system has established already, and no
// more.
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

// patienceOf is how long a connection may stay idle while the server drains.
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
