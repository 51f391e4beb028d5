package serve_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/proxy/internal/servetest"
	"github.com/meshhop/meshhop/proxy/serve"
)

// TestDrainIdleGrace: a connection is half-closed after the idle grace, and read from
// for a while after that.
func TestDrainIdleGrace(t *testing.T) {
	for _, row := range []struct {
		name     string
		limit    time.Duration // 0: none
		patience time.Duration
	}{
		{"Linkerd's default", 10 * time.Second, 500 * time.Millisecond},
		{"short", time.Second, 50 * time.Millisecond},
		{"long", time.Hour, time.Second},
		{"no limit", 0, 500 * time.Millisecond},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := servetest.NewNetwork()
				s := newServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), serve.Config{})
				served := make(chan error, 1)
				go func() { served <- s.Serve(network) }()
				near, far := network.Dial()
				time.Sleep(20 * time.Second) // that it was idle before does not count
				began := time.Now()
				ctx := context.Background()
				if row.limit > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, row.limit)
					defer cancel()
				}
				ended := make(chan time.Duration, 1)
				go func() {
					if err := s.Shutdown(ctx); err != nil {
						t.Error(err)
					}
					ended <- time.Since(began)
				}()
				if n, err := near.Read(make([]byte, 1)); n != 0 || err != io.EOF {
					t.Errorf("%d bytes, %v", n, err)
				}
				const tick = 20 * time.Millisecond
				if took := time.Since(began); took < row.patience || took > row.patience+tick {
					t.Errorf("closed in one direction after %v, want %v", took, row.patience)
				}
				// This client goes on all the same, and leaves the connection
				// open: it is read from for a while.
				if _, err := io.WriteString(near, servetest.Get); err != nil {
					t.Error(err)
				}
				const lingering = 200 * time.Millisecond
				if took := <-ended; took < row.patience+lingering || took > row.patience+lingering+2*tick {
					t.Errorf("over after %v", took)
				}
				if !far.IsClosed() {
					t.Error("the connection is open")
				}
				if err := <-served; err != nil {
					t.Error(err)
				}
				near.Close()
			})
		})
	}
}

// TestDrainLosesNothing: clients that send requests often enough get a response to
// every one, and then the connection closes.
func TestDrainLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := servetest.NewNetwork()
		var served, answered atomic.Int64
		s := newServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			served.Add(1)
			time.Sleep(30 * time.Millisecond)
		}), serve.Config{})
		accepting := make(chan error, 1)
		go func() { accepting <- s.Serve(network) }()
		var wait sync.WaitGroup
		for i := range 50 {
			c, _ := network.Dial()
			wait.Go(func() {
				defer c.Close()
				in := bufio.NewReader(c)
				for {
					if _, err := io.WriteString(c, servetest.Get); err != nil {
						t.Errorf("client %d: %v", i, err)
						return
					}
					resp, err := http.ReadResponse(in, nil)
					if err != nil {
						t.Errorf("client %d: %v", i, err)
						return
					}
					answered.Add(1)
					if resp.Close {
						return
					}
					time.Sleep(time.Duration(i) * 9 * time.Millisecond) // at most 441 ms
				}
			})
		}
		time.Sleep(3210 * time.Millisecond)
		began := time.Now()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Errorf("took %v", took)
		}
		wait.Wait()
		if served, answered := served.Load(), answered.Load(); served != answered || served < 500 {
			t.Errorf("%d served, %d answered", served, answered)
		}
		if err := <-accepting; err != nil {
			t.Error(err)
		}
	})
}

// TestDrainOfBegunRequest: a connection is not idle if the client has sent the first
// byte of its next request before it got the response to the one before, however long
// the rest takes.
func TestDrainOfBegunRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := servetest.NewNetwork()
		s := newServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { time.Sleep(time.Second) }), serve.Config{})
		served := make(chan error, 1)
		go func() { served <- s.Serve(network) }()
		near, _ := network.Dial()
		defer near.Close()
		in := bufio.NewReader(near)
		if _, err := io.WriteString(near, servetest.Get); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second / 2)
		if _, err := io.WriteString(near, servetest.Get[:1]); err != nil {
			t.Fatal(err)
		}
		if resp, err := http.ReadResponse(in, nil); err != nil || resp.Close {
			t.Fatalf("the first response: %v, %v", resp, err)
		}
		over := make(chan error, 1)
		go func() { over <- s.Shutdown(context.Background()) }()
		time.Sleep(5 * time.Second) // ten times as long as an idle one may wait
		if _, err := io.WriteString(near, servetest.Get[1:]); err != nil {
			t.Fatalf("the rest of the request: %v", err)
		}
		if resp, err := http.ReadResponse(in, nil); err != nil || !resp.Close {
			t.Errorf("the second response: %v, %v", resp, err)
		}
		if err := <-over; err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

// TestShutdownKeepsToItsContext: Shutdown returns in time, also with handlers that do
// not end and with clients that send all the time.
func TestShutdownKeepsToItsContext(t *testing.T) {
	for _, grace := range []time.Duration{0, 50 * time.Millisecond, time.Second, 10 * time.Second, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			network := servetest.NewNetwork()
			release := make(chan bool)
			var told atomic.Int64
			s := newServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/stubborn" {
					<-release
				}
				<-r.Context().Done()
				told.Store(int64(time.Now().UnixNano()))
				w.WriteHeader(http.StatusServiceUnavailable)
			}), serve.Config{})
			served := make(chan error, 1)
			go func() { served <- s.Serve(network) }()
			stubborn, _ := network.Dial()
			hangs, _ := network.Dial()
			io.WriteString(stubborn, "GET /stubborn HTTP/1.1\r\nHost: web\r\n\r\n")
			io.WriteString(hangs, servetest.Get)
			synctest.Wait()
			began := time.Now()
			ctx, cancel := context.WithTimeout(context.Background(), grace)
			defer cancel()
			ended := make(chan time.Duration, 1)
			go func() {
				if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("grace %v: error %v", grace, err)
				}
				ended <- time.Since(began)
			}()
			resp, err := http.ReadResponse(bufio.NewReader(hangs), nil)
			if err != nil || resp.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("grace %v: what hangs is told %v, %v", grace, resp, err)
			}
			if at := time.Unix(0, told.Load()).Sub(began); at < grace*8/10-time.Second || at > grace {
				t.Errorf("grace %v: told after %v", grace, at)
			}
			if took := <-ended; took < grace || took > max(grace, 100*time.Millisecond)+50*time.Millisecond {
				t.Errorf("grace %v: took %v", grace, took)
			}
			close(release)
			if err := <-served; err != nil {
				t.Error(err)
			}
			stubborn.Close()
			hangs.Close()
		})
	}
}

// TestShutdownWithoutTime: closing idle connections at once is not an error of
// Shutdown.
func TestShutdownWithoutTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := servetest.NewNetwork()
		s := newServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), serve.Config{})
		served := make(chan error, 1)
		go func() { served <- s.Serve(network) }()
		near, far := network.Dial()
		defer near.Close()
		if _, err := io.WriteString(near, servetest.Get); err != nil {
			t.Fatal(err)
		}
		if _, err := http.ReadResponse(bufio.NewReader(near), nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait() // until the connection is idle
		now, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Shutdown(now); err != nil {
			t.Error(err)
		}
		if _, err := near.Read(make([]byte, 1)); err == nil || !far.IsClosed() {
			t.Error("the connection is open")
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
		again := servetest.NewNetwork()
		if err := s.Serve(again); err != nil {
			t.Errorf("serve after the shutdown: %v", err)
		}
		select {
		case <-again.Closed():
		default:
			t.Error("it listens after the shutdown")
		}
	})
}
