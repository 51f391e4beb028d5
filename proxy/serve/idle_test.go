package serve_test

import (
	"bufio"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
)

// TestIdleConnections: a connection is closed when it has been idle for IdleTimeout,
// and not before.
func TestIdleConnections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {}), serve.Config{IdleTimeout: time.Minute})
		network := servetest.NewNetwork()
		served := make(chan error)
		go func() { served <- s.Serve(network) }()
		conn, _ := network.Dial()
		responses := bufio.NewReader(conn)
		for range 3 {
			io.WriteString(conn, "GET / HTTP/1.1\r\nHost: web\r\n\r\n")
			resp, err := http.ReadResponse(responses, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			time.Sleep(59 * time.Second)
		}
		time.Sleep(2 * time.Second)
		if _, err := responses.ReadByte(); err != io.EOF {
			t.Errorf("after a minute: %v", err)
		}
		conn.Close()
		if err := s.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}
