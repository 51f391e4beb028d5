package proxy

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// ServerConfig says how a [Server] treats connections. Zero fields mean the
// defaults.
type ServerConfig struct {
	// ReadHeaderTimeout bounds the arrival of a request's head, from its
	// first byte on. Default 30 s.
	ReadHeaderTimeout time.Duration

	// IdleTimeout is how long a connection is kept without a request, once it
	// had one. Default: no limit.
	IdleTimeout time.Duration

	// MaxHeadBytes bounds the request line and the header lines together,
	// beyond which the connection gets 431 and closes. It should exceed the
	// sum of the handler's own bounds, which answer more exactly. Default
	// 1 MiB.
	MaxHeadBytes int

	// ErrorLog is told of connections that fail below HTTP, and of handlers
	// that panic. Default: nobody.
	ErrorLog *slog.Logger
}

// A Server accepts HTTP/1.1 connections for a handler and can be drained. Make
// one with [NewServer].
type Server struct {
	http     http.Server
	cancel   context.CancelCauseFunc
	handlers handlers
}

// ErrServerClosed is the cause of the end of a request that a drain did not
// wait for.
var ErrServerClosed = errors.New("proxy: the server was closed")

// NewServer returns a server for handler.
func NewServer(handler http.Handler, config ServerConfig) *Server {
	if config.ReadHeaderTimeout <= 0 {
		config.ReadHeaderTimeout = 30 * time.Second
	}
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

			ReadHeaderTimeout: config.ReadHeaderTimeout,
			IdleTimeout:       config.IdleTimeout,
			MaxHeaderBytes:    config.MaxHeadBytes,
			ErrorLog:          errorLog,
			BaseContext:       func(net.Listener) context.Context { return ctx },
		},
		cancel:   cancel,
		handlers: handlers{idle: make(chan struct{}, 1)},
	}
	s.http.Handler = s.handlers.counted(handler)
	return s
}

// Serve accepts connections until the server is shut down, then returns nil;
// or until accepting fails, and returns why. It closes the listener.
func (s *Server) Serve(l net.Listener) error {
	if err := s.http.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Shutdown stops accepting and waits until the requests in flight have ended.
// When ctx ends first, it breaks them off and returns ctx's error. Upgraded
// connections are not waited for, but broken off at once. Either way the
// handlers have returned when Shutdown does, unless they do not heed the end
// of their request's context within a second.
func (s *Server) Shutdown(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	s.cancel(ErrServerClosed)
	breaking, done := context.WithTimeout(context.Background(), breakTimeout)
	defer done()
	if err != nil {
		// Those that were broken off are told so, which takes a moment.
		if s.http.Shutdown(breaking) != nil {
			s.http.Close()
		}
	}
	s.handlers.wait(breaking)
	return err
}

// breakTimeout bounds the wait for requests that were broken off.
const breakTimeout = time.Second
