package serve_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"

	"github.com/meshhop/meshhop/proxy/serve"
)

// TestHTTP2Evicted: the connection that has been idle for longest makes room for another one,
// and its client is told which stream was the last.
func TestHTTP2Evicted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := startInBubble(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), serve.Config{Protocols: speaking("h2c"), MaxConnections: 1})
		first := s.dial(t)
		for id := uint32(1); id <= 3; id += 2 {
			first.open(id, true, "/")
			if status := first.status(id); status != "200" {
				t.Error(status)
			}
		}
		time.Sleep(10 * time.Second)
		second := s.dial(t)
		if last, code := first.goAway(); last != 3 || code != http2.ErrCodeNo {
			t.Errorf("%d %v", last, code)
		}
		first.wantEnd()
		second.open(1, true, "/")
		if status := second.status(1); status != "200" {
			t.Error(status)
		}
		if got := s.Stats(); got.Evicted != 1 || got.Connections != 1 {
			t.Errorf("%+v", got)
		}
		if err := s.shutdown(time.Second); err != nil {
			t.Error(err)
		}
	})
}
