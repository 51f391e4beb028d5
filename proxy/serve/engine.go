package serve

import (
	"context"
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
	if config.Engine != NetHTTP {
		return ownServer{h1.New(h1.Config{
			Handler:      &s.handlers,
			Refuse:       s.handlers.refuse,
			MaxHeadBytes: config.MaxHeadBytes,
			ConnState:    s.conns.stateChanged,
			ErrorLog:     config.ErrorLog,
		})}
	}
	errorLog := log.New(io.Discard, "", 0)
	if config.ErrorLog != nil {
		errorLog = log.New(&connLog{to: config.ErrorLog}, "", 0)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	return &netHTTP{cancel, http.Server{
		// net/http would answer OPTIONS * in place of the handler.
		DisableGeneralOptionsHandler: true,

		Handler:        accounted{&s.handlers},
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
	http.Server
}

func (s *netHTTP) abort(cause error) { s.cancel(cause) }

// connKey finds the connection of a request in its context.
type connKey struct{}

// accounted tells the connection of a request of net/http's server that the handler gets it.
type accounted struct{ handler http.Handler }

func (a accounted) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s, ok := r.Context().Value(connKey{}).(*connState)
	if !ok {
		a.handler.ServeHTTP(w, r)
		return
	}
	s.showTLS(r)
	whole := false
	defer func() { s.account.handlerEnds(whole) }()
	if s.handlerBegins(0) {
		httpx.CloseAfter(w, r)
	}
	a.handler.ServeHTTP(w, r)
	whole = true
}

// ownServer is the server of package h1.
type ownServer struct{ *h1.Server }

func (s ownServer) abort(cause error) { s.Abort(cause) }
