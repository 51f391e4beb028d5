package serve_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
)

// TestParkedConnections: connections that have been idle for seconds are drained, closed and
// counted as all others are.
func TestParkedConnections(t *testing.T) {
	const conns = 20
	open := func(t *testing.T, config serve.Config) (*servetest.Server, []net.Conn) {
		s := startWith(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }), config)
		idle := make([]net.Conn, conns)
		goroutines := runtime.NumGoroutine()
		for i := range idle {
			var err error
			if idle[i], err = net.Dial("tcp", s.Addr); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { idle[i].Close() })
			_ = idle[i].SetDeadline(time.Now().Add(20 * time.Second))
			askOnce(t, idle[i])
		}
		if engine == serve.H1 {
			waitForGoroutines(t, goroutines)
		}
		return s, idle
	}
	ended := func(t *testing.T, s *servetest.Server, idle []net.Conn) {
		t.Helper()
		for i, conn := range idle {
			if n, err := conn.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("connection %d: %d, %v", i, n, err)
			}
		}
		for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
			total := s.Traffic()
			if total.Closed == conns && s.Stats().Connections == 0 {
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("%+v", total)
			}
		}
	}
	t.Run("drain", func(t *testing.T) {
		s, idle := open(t, serve.Config{})
		askOnce(t, idle[0]) // it has a goroutine again
		if err := s.Server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		ended(t, s, idle)
	})
	t.Run("served again", func(t *testing.T) {
		_, idle := open(t, serve.Config{})
		for _, conn := range idle {
			askOnce(t, conn)
		}
	})
	t.Run("idle for too long", func(t *testing.T) {
		s, idle := open(t, serve.Config{IdleTimeout: 3 * time.Second})
		ended(t, s, idle)
		if got := s.Stats().IdleTimeouts; got != conns {
			t.Errorf("%d idle timeouts", got)
		}
	})
}

// askOnce sends a request and reads the response.
func askOnce(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: web\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	response := make([]byte, 1<<10)
	if n, err := conn.Read(response); err != nil || fmt.Sprintf("%.12s", response[:n]) != "HTTP/1.1 200" {
		t.Fatalf("%q, %v", response[:n], err)
	}
}

// waitForGoroutines waits until connections that are idle have no goroutines any more.
func waitForGoroutines(t *testing.T, atMost int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); runtime.NumGoroutine() > atMost+2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, before there were %d", runtime.NumGoroutine(), atMost)
		}
	}
}
