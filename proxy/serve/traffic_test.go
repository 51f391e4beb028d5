package serve_test

import (
	"context"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/traffic"
	"github.com/meshhop/meshhop/internal/traffic/traffictest"
	"github.com/meshhop/meshhop/proxy/serve"
)

// TestTraffic: what net/http's server cannot tell is how long a head was, because it reads
// more than that at a time. It has no 414, 408 and 413 of its own: a request line that is
// too long is 431, and a head that is late has no answer.
func TestTraffic(t *testing.T) {
	quick := serve.Config{IdleTimeout: 200 * time.Second, ReadHeaderTimeout: 200 * time.Second, ResponseTimeout: 200 * time.Millisecond}
	traffictest.TestServer(t, traffictest.Subject{
		HeadBytes: engine == serve.H1,
		Start: func(t testing.TB, h http.Handler, l net.Listener, observer traffic.Server) func() {
			return start(t, h, l, observer, quick)
		},
		StartSlow: func(t testing.TB, h http.Handler, l net.Listener, observer traffic.Server) func() {
			return start(t, h, l, observer, serve.Config{IdleTimeout: traffictest.IdleTimeout, ReadHeaderTimeout: traffictest.HeadTimeout})
		},
	})
}

func start(t testing.TB, h http.Handler, l net.Listener, observer traffic.Server, config serve.Config) (drain func()) {
	config.Observer, config.MaxHeadBytes = observer, traffictest.MaxHead
	s := newServer(h, config)
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	var once sync.Once
	return func() {
		once.Do(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			if err := s.Shutdown(ctx); err != nil {
				t.Error(err)
			}
			if err := <-served; err != nil {
				t.Error(err)
			}
		})
	}
}
