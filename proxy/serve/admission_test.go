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

// startCrowded starts a server with so many connections at most, until the bubble's end.
func startCrowded(t *testing.T, connections int) *servetest.Network {
	network := servetest.NewNetwork()
	s := newServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), serve.Config{MaxConnections: connections})
	served := make(chan error, 1)
	go func() { served <- s.Serve(network) }()
	t.Cleanup(func() {
		if err := s.Shutdown(t.Context()); err != nil && t.Context().Err() == nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return network
}

// ask sends a request and reads its response.
func ask(t *testing.T, conn *servetest.Conn) {
	t.Helper()
	if _, err := io.WriteString(conn, servetest.Get); err != nil {
		t.Error(err)
		return
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Error(err)
		return
	}
	resp.Body.Close()
}

// TestEvictionInOrder: of many idle connections, those that have been idle for longest
// make room for new ones.
func TestEvictionInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 8
		network := startCrowded(t, n)
		var idle, far [n]*servetest.Conn
		for i := range idle {
			idle[i], far[i] = network.Dial()
			defer idle[i].Close()
			ask(t, idle[i])
			time.Sleep(3 * time.Second) // longer than the server takes to check them
		}
		for i := range n / 2 {
			next, _ := network.Dial()
			defer next.Close()
			ask(t, next)
			for j := range far {
				if got, want := far[j].IsClosed(), j <= i; got != want {
					t.Errorf("after %d more connections: connection %d is closed: %v", i+1, j, got)
				}
			}
		}
	})
}

// TestNewConnectionsAreNotEvicted: a new connection has time to send its first request,
// although another one waits.
func TestNewConnectionsAreNotEvicted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := startCrowded(t, 1)
		first, _ := network.Dial()
		defer first.Close()
		synctest.Wait()
		second, _ := network.Dial()
		defer second.Close()
		time.Sleep(50 * time.Millisecond)
		ask(t, first)
		ask(t, second) // in place of the first, which is idle now
	})
}
