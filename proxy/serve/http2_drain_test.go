package serve_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"

	"github.com/meshhop/meshhop/proxy/serve"
)

// TestHTTP2Drain: vector 445. Clients are warned, the streams in flight end, those that come
// before the client knows are served, and idle connections are closed.
func TestHTTP2Drain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun, release := make(chan struct{}), make(chan struct{})
		s := startInBubble(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				_ = http.NewResponseController(w).Flush()
				close(begun)
				<-release
			}
			_, _ = io.WriteString(w, "ok")
		}), serve.Config{Protocols: speaking("h2c")})
		idle, busy := s.dial(t), s.dial(t)
		idle.open(1, true, "/")
		if status := idle.status(1); status != "200" {
			t.Error(status)
		}
		busy.open(1, true, "/slow")
		busy.status(1)
		<-begun
		ended := make(chan error, 1)
		began := time.Now()
		go func() { ended <- s.shutdown(10 * time.Second) }()
		for _, c := range []*raw{idle, busy} {
			if last, code := c.goAway(); last != 1<<31-1 || code != http2.ErrCodeNo || time.Since(began) != 0 {
				t.Errorf("the warning: %d %v", last, code)
			}
		}
		busy.open(3, true, "/") // it was on its way
		if status := busy.status(3); status != "200" {
			t.Error(status)
		}
		const patience, tick = 500 * time.Millisecond, 20 * time.Millisecond
		for want, c := range map[uint32]*raw{1: idle, 3: busy} {
			last, code := c.goAway()
			if took := time.Since(began); last != want || code != http2.ErrCodeNo || took < patience || took > patience+2*tick {
				t.Errorf("then: %d %v after %v, want %d", last, code, took, want)
			}
		}
		busy.open(5, true, "/") // it comes too late, and may be sent again
		const lingering = 200 * time.Millisecond
		idle.wantEnd()
		if took := time.Since(began); took < patience+lingering || took > patience+lingering+3*tick {
			t.Errorf("over after %v", took)
		}
		time.Sleep(5 * time.Second)
		close(release)
		f := busy.until(func(f http2.Frame) bool {
			if h, ok := f.(*http2.MetaHeadersFrame); ok && h.StreamID == 5 {
				t.Error("stream 5 is served")
			}
			d, ok := f.(*http2.DataFrame)
			return ok && d.StreamID == 1
		})
		if !bytes.Equal(f.(*http2.DataFrame).Data(), []byte("ok")) {
			t.Errorf("%v", f)
		}
		busy.wantEnd()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if got := s.Traffic(); got.Served != 3 || got.Closed != 2 || got.Broken != 0 {
			t.Errorf("%+v", got)
		}
	})
}

// TestHTTP2DrainLosesNothing: a client that sends requests all the time while a server drains
// gets a response to each that the server took, and can send the others again.
func TestHTTP2DrainLosesNothing(t *testing.T) {
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := io.Copy(io.Discard, r.Body)
		if err != nil || n != 5 {
			t.Error(n, err)
		}
		_, _ = io.WriteString(w, "ok")
	})
	s, addr, shutdown := startSecure(t, handler, serve.Config{Protocols: speaking("h2c"), SoleListeners: true})
	p := speaking("h2c")
	transport := &http.Transport{Protocols: &p}
	defer transport.CloseIdleConnections()
	warm, done := make(chan struct{}), make(chan int)
	for worker := range 4 {
		go func() {
			for n := 0; ; n++ {
				// A body of unknown length cannot be sent again by the transport: what the
				// server drops shows. (The transport itself may give up a request that it
				// has not sent, when the warning comes at that moment.)
				resp, err := (&http.Client{Transport: transport}).Post("http://"+addr+"/", "text/plain", io.MultiReader(strings.NewReader("hello")))
				if err != nil {
					if text := err.Error(); !strings.Contains(text, "refused") && !strings.Contains(text, "dial") && !strings.Contains(text, "cannot rewind body") {
						t.Errorf("request %d: %v", n, err)
					}
					done <- n
					return
				}
				if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "ok" {
					t.Errorf("request %d: %q, %v", n, body, err)
				}
				resp.Body.Close()
				if n == 20 && worker == 0 {
					close(warm)
				}
			}
		}()
	}
	<-warm
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := shutdown(ctx); err != nil {
		t.Error(err)
	}
	served := 0
	for range 4 {
		served += <-done
	}
	if got := s.Traffic().Served; got != uint64(served) {
		t.Errorf("the server has served %d requests, the clients have %d responses", got, served)
	}
}

// TestHTTP2Abort: the contexts of requests that do not end in time end with the cause, and
// what they write then still arrives.
func TestHTTP2Abort(t *testing.T) {
	begun := make(chan struct{})
	_, addr, shutdown := startSecure(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		<-r.Context().Done()
		if !errors.Is(context.Cause(r.Context()), http.ErrServerClosed) {
			t.Errorf("the cause is %v", context.Cause(r.Context()))
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	}), serve.Config{Protocols: speaking("h2c")})
	c := dialRaw(t, addr)
	c.open(1, true, "/")
	<-begun
	ended := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
		defer cancel()
		ended <- shutdown(ctx)
	}()
	if status := c.status(1); status != "503" {
		t.Error(status)
	}
	if err := <-ended; !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// TestHTTP2Leaving: the context of a request ends when its client resets the stream, or
// closes the connection.
func TestHTTP2Leaving(t *testing.T) {
	begun, ended := make(chan struct{}), make(chan struct{})
	s, addr, _ := startSecure(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		<-r.Context().Done()
		ended <- struct{}{}
	}), serve.Config{Protocols: speaking("h2c")})
	c := dialRaw(t, addr)
	c.open(1, true, "/")
	<-begun
	c.must(c.WriteRSTStream(1, http2.ErrCodeCancel))
	<-ended
	c.open(3, false, "POST /")
	<-begun
	c.Conn.Close()
	<-ended
	waitFor(t, func() bool { return s.Traffic().Closed == 1 })
	if got := s.Traffic(); got.Served != 2 || s.Stats().Connections != 0 {
		t.Errorf("%+v", got)
	}
}

// TestHTTP2Ages: vector 446. A connection is closed when it has been idle, or open, for long
// enough; both times the client is told by GOAWAY, and what it sent meanwhile is served.
func TestHTTP2Ages(t *testing.T) {
	for _, row := range []struct {
		name    string
		config  serve.Config
		counted func(serve.Stats) uint64
	}{
		{"idle", serve.Config{IdleTimeout: time.Minute}, func(s serve.Stats) uint64 { return s.IdleTimeouts }},
		{"lifetime", serve.Config{MaxLifetime: time.Minute}, func(s serve.Stats) uint64 { return s.Lifetimes }},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				row.config.Protocols = speaking("h2c")
				s := startInBubble(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), row.config)
				c := s.dial(t)
				c.open(1, true, "/")
				if status := c.status(1); status != "200" {
					t.Error(status)
				}
				began := time.Now()
				last, code := c.goAway()
				if took := time.Since(began); last != 1<<31-1 || code != http2.ErrCodeNo || took < time.Minute || took > time.Minute+2*time.Second {
					t.Errorf("%d %v after %v", last, code, took)
				}
				c.open(3, true, "/")
				if status := c.status(3); status != "200" {
					t.Error(status)
				}
				if last, _ := c.goAway(); last != 3 {
					t.Errorf("%d", last)
				}
				c.wantEnd()
				synctest.Wait()
				if row.counted(s.Stats()) != 1 || s.Traffic().Closed != 1 || s.Traffic().Served != 2 {
					t.Errorf("%+v", s.Stats())
				}
				if err := s.shutdown(time.Second); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
