package serve_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
)

// TestAbortedRequestsKnowWhy: the context of an aborted request ends with a cause that
// a handler can recognize.
func TestAbortedRequestsKnowWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := servetest.NewNetwork()
		cause := make(chan error, 1)
		s := newServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			<-r.Context().Done()
			cause <- context.Cause(r.Context())
		}), serve.Config{})
		served := make(chan error, 1)
		go func() { served <- s.Serve(network) }()
		near, _ := network.Dial()
		defer near.Close()
		if _, err := io.WriteString(near, servetest.Get); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		now, cancel := context.WithCancel(t.Context())
		cancel()
		go io.Copy(io.Discard, near)
		if err := s.Shutdown(now); !errors.Is(err, context.Canceled) {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-cause; !errors.Is(err, http.ErrServerClosed) || err.Error() != "the server was closed" {
			t.Errorf("the cause is %v", err)
		}
		if err := <-served; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
}
