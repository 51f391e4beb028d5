package helloworld_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/helloworld"
)

func newApp(t *testing.T, cfg helloworld.Config) *helloworld.App {
	t.Helper()
	a, err := helloworld.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// ask sends one request without a connection, and tells how long it took.
func ask(a *helloworld.App, r *http.Request) (*httptest.ResponseRecorder, time.Duration) {
	w, start := httptest.NewRecorder(), time.Now()
	a.ServeHTTP(w, r)
	return w, time.Since(start)
}

func TestLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, helloworld.Config{Text: "world", Latency: 500 * time.Millisecond})
		want := func(latency time.Duration) {
			t.Helper()
			w, took := ask(a, httptest.NewRequest("GET", "/", nil))
			if took != latency || w.Body.String() != "world!" {
				t.Errorf("%q after %v, want it after %v", w.Body, took, latency)
			}
		}
		want(500 * time.Millisecond)
		for _, tt := range []struct {
			method, query string
			code          int
			body          string
			then          time.Duration
		}{
			{"POST", "latency=600ms", 200, "ok", 600 * time.Millisecond},
			{"POST", "latency=10s", 200, "ok", helloworld.MaxLatency},
			{"POST", "latency=10001ms", 400, "latency 10.001s: want 0 to 10s\n", helloworld.MaxLatency},
			{"POST", "latency=-1ms", 400, "latency -1ms: want 0 to 10s\n", helloworld.MaxLatency},
			{"POST", "latency=600", 400, "latency is not a valid duration\n", helloworld.MaxLatency},
			{"POST", "latency=", 400, "missing required parameter: latency\n", helloworld.MaxLatency},
			{"POST", "", 400, "missing required parameter: latency\n", helloworld.MaxLatency},
			{"GET", "latency=1ms", 405, "POST required\n", helloworld.MaxLatency},
			{"POST", "latency=0s", 200, "ok", 0},
		} {
			w, took := ask(a, httptest.NewRequest(tt.method, "/setLatency?"+tt.query, nil))
			if w.Code != tt.code || w.Body.String() != tt.body || took != 0 {
				t.Errorf("%s %s: %d %q after %v, want %d %q at once", tt.method, tt.query, w.Code, w.Body, took, tt.code, tt.body)
			}
			want(tt.then)
		}
	})
}

// Whoever no longer waits for the answer does not hold it up.
func TestLatencyOfACallerThatLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newApp(t, helloworld.Config{Text: "world", Latency: helloworld.MaxLatency})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w, took := ask(a, httptest.NewRequestWithContext(ctx, "GET", "/", nil))
		if took != time.Second || w.Code != http.StatusServiceUnavailable {
			t.Errorf("%d %q after %v, want 503 after 1s", w.Code, w.Body, took)
		}
	})
}

func TestNewRejectsLatency(t *testing.T) {
	for latency, want := range map[time.Duration]string{
		-1:                        "latency -1ns: want 0 to 10s",
		helloworld.MaxLatency + 1: "latency 10.000000001s: want 0 to 10s",
	} {
		if _, err := helloworld.New(helloworld.Config{Latency: latency}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("New with latency %v: error %v, want %s", latency, err, want)
		}
	}
}
