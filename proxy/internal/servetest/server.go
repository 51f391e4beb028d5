// Package servetest has the two ends of a server for tests: a serve.Server on a real
// socket with raw clients, and a network in memory for bubbles of testing/synctest.
package servetest

import (
	"context"
	"errors"
	"net"
	"net/http"
	"syscall"
	"testing"

	"github.com/meshhop/meshhop/proxy/serve"
)

// A Server is a server on a loopback socket, until the test ends.
type Server struct {
	*serve.Server
	Addr   string
	served chan error
}

// Start starts a server that has its socket to itself, and speaks as [Engine] says.
func Start(t testing.TB, handler http.Handler) *Server {
	t.Helper()
	return StartWith(t, handler, serve.Config{SoleListeners: true, Engine: Engine(t)})
}

// StartWith starts a server with a configuration of the test's.
func StartWith(t testing.TB, handler http.Handler, config serve.Config) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return StartAt(t, handler, config, l)
}

// StartAt starts a server at a listener of the test's.
func StartAt(t testing.TB, handler http.Handler, config serve.Config, l net.Listener) *Server {
	t.Helper()
	s := &Server{serve.New(handler, config), l.Addr().String(), make(chan error, 1)}
	go func() { s.served <- s.Serve(l) }()
	t.Cleanup(func() {
		now, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.Shutdown(now)
	})
	return s
}

// Drain drains the server, with time enough. The channel is closed when that is over.
func (s *Server) Drain(t testing.TB) (over <-chan struct{}) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Shutdown(context.Background()); err != nil {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-s.served; err != nil {
			t.Errorf("serve: %v", err)
		}
	}()
	return done
}

// WaitClosed waits until the server does not listen any more.
func (s *Server) WaitClosed(t testing.TB) {
	t.Helper()
	for {
		conn, err := net.Dial("tcp", s.Addr)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return
		}
		if err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Fatal(err)
		}
		if err == nil {
			_ = conn.Close()
		}
	}
}
