package proxytest_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/proxy/proxytest"
)

// TestDeadlineReachesWorld: hello has little time left and calls first, which
// calls second, which calls world, which sleeps: a running hop between each two.
// world's work ends with hello's time.
func TestDeadlineReachesWorld(t *testing.T) {
	var through http.RoundTripper
	ended := make(chan error, 10)
	world := httptest.NewServer(ctxhdr.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case <-time.After(time.Minute):
			ended <- errors.New("world has slept for a minute")
		case <-r.Context().Done():
			ended <- r.Context().Err()
		}
	})))
	t.Cleanup(world.Close)
	asks := func(target string) http.Handler {
		return ctxhdr.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ask, err := http.NewRequestWithContext(r.Context(), "GET", "http://"+target+"/", nil)
			if err != nil {
				t.Error(err)
				return
			}
			resp, err := (&http.Client{Transport: ctxhdr.Transport(through)}).Do(ask)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
			resp.Body.Close()
			w.WriteHeader(resp.StatusCode)
		}))
	}
	first, second := httptest.NewServer(asks("second")), httptest.NewServer(asks("world"))
	t.Cleanup(first.Close)
	t.Cleanup(second.Close)
	at := func(s *httptest.Server) string {
		host, port, _ := net.SplitHostPort(s.Listener.Addr().String())
		return "/$/inet/" + host + "/" + port
	}
	mesh := proxytest.Start(t, `
routers:
- protocol: http
  dtab: |
    /svc/first => `+at(first)+`;
    /svc/second => `+at(second)+`;
    /svc/world => `+at(world)+`
  servers: [{port: 0}]
`)
	through = mesh.Client("http").Transport

	// The time must be enough to reach world, on a busy machine too.
	for left := 100 * time.Millisecond; left < time.Minute; left *= 3 {
		began := time.Now()
		var err error
		hello := ctxhdr.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ask, _ := http.NewRequestWithContext(r.Context(), "GET", "http://first/", nil)
			var resp *http.Response
			if resp, err = (&http.Client{Transport: ctxhdr.Transport(through)}).Do(ask); err == nil {
				resp.Body.Close()
			}
		}))
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("l5d-ctx-deadline", ctxhdr.Deadline{Timestamp: began, Deadline: began.Add(left)}.String())
		hello.ServeHTTP(httptest.NewRecorder(), r)
		if took := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || took < left {
			t.Fatalf("hello: %v after %v, with %v left", err, took, left)
		}
		select {
		case err := <-ended:
			if !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			return
		case <-time.After(time.Second): // world was not reached in time
		}
	}
	t.Fatal("world was never reached")
}
