package serve

import (
	"context"
	"net"
	"net/http"
	"sync"

	"github.com/meshhop/meshhop/internal/traffic/tally"
)

// A Server accepts connections of HTTP/1.1 and HTTP/2 for a handler. It can be drained, and the
// handler can be replaced. Make one with [New].
type Server struct {
	engine   engine
	handlers handlers
	conns    conns
	tally    *tally.Server
	sole     bool // Config.SoleListeners
	secure   secure
	spoken   http.Protocols

	mu        sync.Mutex
	closing   bool
	listeners map[*listener]struct{}
	accepting sync.WaitGroup
}

// New returns a server for handler. If handler has a method Drain(), Shutdown calls
// it; from then on the handler must send Connection: close with its responses. For
// other handlers the server adds that header to responses that begin after the call
// of Shutdown.
//
// When Shutdown aborts a request, the request's context ends with a cause that
// errors.Is finds to be [http.ErrServerClosed].
func New(handler http.Handler, config Config) *Server {
	if config.MaxHeadBytes <= 0 {
		config.MaxHeadBytes = 1 << 20
	}
	s := &Server{
		sole:      config.SoleListeners,
		spoken:    config.spoken(),
		listeners: map[*listener]struct{}{},
	}
	s.tally = tally.NewServer()
	s.conns.init(limitsOf(config), both(s.tally, config.Observer))
	s.conns.delay = config.Socket.Delay
	s.conns.answersLate = config.Engine != NetHTTP
	s.handlers.replace(handler)
	s.ReplaceTLS(config.TLS)
	s.engine = s.newEngine(config)
	return s
}

// Replace makes another handler serve the requests that begin from now on. The
// channel is closed when the last request of the previous handler has ended,
// including its upgraded connections.
func (s *Server) Replace(handler http.Handler) (ended <-chan struct{}) {
	return s.handlers.replace(handler)
}

// Serve accepts connections until the server is shut down, and then returns nil, or
// until accepting fails, and then returns that error. It closes the listener.
func (s *Server) Serve(l net.Listener) error {
	own := &listener{Listener: l, sole: s.sole, conns: &s.conns, secure: &s.secure}
	if !s.addListener(own) {
		l.Close()
		return nil
	}
	defer s.removeListener(own)
	watching, cancel := context.WithCancel(context.Background())
	var watch sync.WaitGroup
	watch.Go(func() { s.conns.watch(watching) })
	defer watch.Wait()
	defer cancel()
	if err := s.engine.Serve(own); !own.stopped.Load() {
		return err
	}
	return nil
}

func (s *Server) addListener(l *listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	s.accepting.Add(1)
	s.listeners[l] = struct{}{}
	return true
}

func (s *Server) removeListener(l *listener) {
	s.mu.Lock()
	delete(s.listeners, l)
	s.mu.Unlock()
	s.accepting.Done()
}
