package proxytest_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/meshhop/meshhop/proxy/proxytest"
)

// TestHostConnectionPool: what a client sees of a bound, from the file on.
func TestHostConnectionPool(t *testing.T) {
	var made atomic.Int64
	begun, goOn := make(chan bool), make(chan bool)
	replica := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			begun <- true
			<-goOn
		}
		io.WriteString(w, "hello")
	}))
	replica.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			made.Add(1)
		}
	}
	replica.Start()
	defer replica.Close()
	_, port, _ := strings.Cut(replica.Listener.Addr().String(), ":")
	mesh := proxytest.Start(t, `
routers:
- protocol: http
  dtab: /svc => /$/inet/127.0.0.1/`+port+`
  client:
    kind: io.l5d.static
    configs:
    - prefix: /$/inet
      hostConnectionPool: {maxSize: 1, maxWaiters: 0}
      clientSession: {lifeTimeMs: 3600000}
  servers: [{port: 0}]
`)
	client := mesh.Client("http")
	slow := make(chan string)
	go func() {
		resp, err := client.Get("http://web/slow")
		if err != nil {
			slow <- err.Error()
			return
		}
		defer resp.Body.Close()
		body, _ := io.ReadAll(resp.Body)
		slow <- string(body)
	}()
	<-begun
	status, body := get(t, client, "http://web/")
	if status != http.StatusBadGateway || !strings.Contains(body, "too many requests are waiting for a connection (0, with 1 connections in use)") {
		t.Errorf("%d %s", status, body)
	}
	close(goOn)
	if got := <-slow; got != "hello" {
		t.Error(got)
	}
	if status, body := get(t, client, "http://web/"); status != http.StatusOK || made.Load() != 1 {
		t.Errorf("%d %s, on %d connections", status, body, made.Load())
	}
}
