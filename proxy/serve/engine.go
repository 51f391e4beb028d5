package serve

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/proxy/h1"
)

// Engine is who speaks HTTP on the connections of a server.
type Engine uint8

const (
	// H1 is the server of package h1. It needs less memory and time than that of net/http,
	// and is stricter in what it accepts. The end of what a client sends (a FIN) does not
	// end its request.
	H1 Engine = iota
	// NetHTTP is the server of net/http. What it refuses before the handler gets it, it
	// answers by itself.
	NetHTTP
)

// String is the name of the package, "h1" or "net/http".
func (e Engine) String() string {
	if e == NetHTTP {
		return "net/http"
	}
	return "h1"
}

// engine is what the engines have in common.
type engine interface {
	Serve(net.Listener) error
	abort(cause error) // ends the contexts of all requests
	Close() error
}

func (s *Server) newEngine(config Config) engine {
	errorLog := log.New(io.Discard, "", 0)
	if config.ErrorLog != nil {
		errorLog = log.New(&connLog{to: config.ErrorLog}, "", 0)
	}
	second := s.newHTTP2(config, errorLog)
	if config.Engine != NetHTTP {
		own := h1.Config{
			Handler:      &s.handlers,
			Refuse:       s.handlers.refuse,
			MaxHeadBytes: config.MaxHeadBytes,
			HTTP2Only:    !s.spoken.HTTP1(),
			ConnState:    s.conns.stateChanged,
			ErrorLog:     config.ErrorLog,
		}
		if s.spoken.HTTP2() || s.spoken.UnencryptedHTTP2() {
			own.HTTP2 = second.serve
		}
		return ownServer{h1.New(own), second}
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	return &netHTTP{cancel, second, s.spoken, http.Server{
		// net/http would answer OPTIONS * in place of the handler.
		DisableGeneralOptionsHandler: true,

		Handler:        accounted{&s.handlers, !s.spoken.HTTP1()},
		MaxHeaderBytes: config.MaxHeadBytes,
		ConnState:      s.conns.stateChanged,
		ErrorLog:       errorLog,
		BaseContext:    func(net.Listener) context.Context { return ctx },
		ConnContext: func(ctx context.Context, conn net.Conn) context.Context {
			if c, ok := conn.(trackedConn); ok {
				ctx = context.WithValue(ctx, connKey{}, c.state())
			}
			return ctx
		},
	}}
}

// netHTTP is the server of net/http.
type netHTTP struct {
	cancel context.CancelCauseFunc
	http2  *http2Server
	spoken http.Protocols
	http.Server
}

func (s *netHTTP) abort(cause error) {
	s.cancel(cause)
	s.http2.abort(cause)
}

func (s *netHTTP) Close() error {
	s.http2.close()
	return s.Server.Close()
}

// connKey finds the connection of a request in its context.
type connKey struct{}

// accounted tells the connection of a request of net/http's server that the handler gets it.
type accounted struct {
	handlers  *handlers
	http2Only bool // HTTP/1 is refused
}

func (a accounted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s, ok := r.Context().Value(connKey{}).(*connState)
	if !ok {
		a.handlers.ServeHTTP(w, r)
		return
	}
	s.showTLS(r)
	if a.http2Only || r.ProtoMajor == 2 { // the preface of HTTP/2 looks like a request of it
		w.Header()["Connection"] = []string{"close"}
		if !a.handlers.refused(w, r, http.StatusHTTPVersionNotSupported, fmt.Errorf("this server does not speak %s", r.Proto)) {
			w.WriteHeader(http.StatusHTTPVersionNotSupported)
		}
		return
	}
	whole := false
	defer func() { s.account.handlerEnds(whole) }()
	if s.handlerBegins(0) {
		httpx.CloseAfter(w, r)
	}
	a.handlers.ServeHTTP(w, r)
	whole = true
}

// ownServer is the server of package h1.
type ownServer struct {
	*h1.Server
	http2 *http2Server
}

func (s ownServer) abort(cause error) {
	s.Abort(cause)
	s.http2.abort(cause)
}

func (s ownServer) Close() error {
	s.http2.close()
	return s.Server.Close()
}
