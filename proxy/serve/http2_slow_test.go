package serve_test

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
)

// TestHTTP2SlowBodies: a body that does not come in time fails, and nothing else on the
// connection does. Calls of gRPC and streams that answer may be silent.
func TestHTTP2SlowBodies(t *testing.T) {
	read := make(chan error, 1)
	begun := make(chan struct{}, 2)
	s, addr, _ := startSecure(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/answers" {
			_ = http.NewResponseController(w).Flush()
		}
		begun <- struct{}{}
		_, err := io.ReadAll(r.Body)
		if r.URL.Path == "/slow" {
			read <- err
			w.WriteHeader(http.StatusRequestTimeout)
		} else if err != nil {
			t.Errorf("%s: %v", r.URL.Path, err)
		}
	}), serve.Config{Protocols: speaking("h2c"), BodyTimeout: 50 * time.Millisecond})
	c := dialRaw(t, addr)
	c.open(1, false, "POST /grpc", "content-type: application/grpc+proto")
	c.open(3, false, "POST /answers")
	<-begun
	<-begun
	c.open(5, false, "POST /slow")
	c.must(c.WriteData(5, false, []byte("some")))
	if err := <-read; !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the read ends with %v", err)
	}
	if status := c.status(5); status != "408" {
		t.Error(status)
	}
	c.must(c.WriteData(3, true, nil))
	c.must(c.WriteData(1, true, nil))
	if status := c.status(1); status != "200" {
		t.Error(status)
	}
	if got := s.Stats(); got.BodyTimeouts != 1 {
		t.Errorf("%+v", got)
	}
}

// TestHTTP2SlowReaders: a client that does not take a response has its stream reset, others
// go on, and the connection ends if only the rest of responses is not taken.
func TestHTTP2SlowReaders(t *testing.T) {
	wrote := make(chan error, 1)
	s, addr, _ := startSecure(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/large":
			_, err := io.WriteString(w, strings.Repeat("x", 100_000))
			wrote <- err
		case "/small":
			_, _ = io.WriteString(w, "some bytes")
		}
	}), serve.Config{Protocols: speaking("h2c"), ResponseTimeout: 50 * time.Millisecond})
	c := dialRaw(t, addr)
	c.open(1, true, "/large")
	if code := c.reset(1); code != http2.ErrCodeInternal {
		t.Error(code)
	}
	if err := <-wrote; err == nil {
		t.Error("the write succeeds")
	}
	c.open(3, true, "/")
	if status := c.status(3); status != "200" {
		t.Error(status)
	}
	shy := dialRaw(t, addr, http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	shy.open(1, true, "/small")
	if status := shy.status(1); status != "200" {
		t.Error(status)
	}
	shy.wantEnd()
	waitFor(t, func() bool { return s.Stats().ResponseTimeouts == 2 })
}

// TestHTTP2SlowPreface: a client that does not send all of it is closed as one whose head is
// late.
func TestHTTP2SlowPreface(t *testing.T) {
	s, addr, _ := startSecure(t, http.NotFoundHandler(), serve.Config{Protocols: speaking("h2c"), ReadHeaderTimeout: 50 * time.Millisecond})
	for _, sent := range []string{http2.ClientPreface[:18], http2.ClientPreface[:5]} {
		c := (&servetest.Server{Addr: addr}).Dial(t)
		c.Send(t, sent)
		_, _ = io.ReadAll(c)
	}
	waitFor(t, func() bool {
		return s.Stats().HeadTimeouts == 2 && s.Stats().Connections == 0 && s.Traffic().Closed == 2
	})
}
