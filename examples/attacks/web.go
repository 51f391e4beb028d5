package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// web is a backend that works as it should.
type web struct {
	addr   string
	server http.Server
	done   chan struct{}

	status    int           // that it answers
	takes     time.Duration // for each request
	now, most atomic.Int64  // requests at the same time
	all       atomic.Int64
}

// largeBody is how long the response to a request for largePath is: more than
// what the buffers of all sockets on the way hold.
const (
	largePath = "/large"
	largeBody = 64 << 20
)

func newWeb(status int, takes time.Duration) (*web, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	w := &web{addr: l.Addr().String(), status: status, takes: takes, done: make(chan struct{})}
	w.server.Handler = w
	go func() {
		defer close(w.done)
		_ = w.server.Serve(l) // until it is closed
	}()
	return w, nil
}

func (w *web) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.all.Add(1)
	now := w.now.Add(1)
	defer w.now.Add(-1)
	for most := w.most.Load(); now > most && !w.most.CompareAndSwap(most, now); most = w.most.Load() {
	}
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return
	}
	time.Sleep(w.takes)
	if r.URL.Path == largePath {
		out.Header().Set("Content-Length", fmt.Sprint(largeBody))
		_, _ = io.CopyN(out, zeros{}, largeBody) // as much as is taken
		return
	}
	out.WriteHeader(w.status)
	_, _ = io.WriteString(out, "ok")
}

func (w *web) close() {
	w.server.Close()
	<-w.done
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// steady is a caller that asks again and again, and is to be served whatever
// others do.
type steady struct {
	stop        context.CancelFunc
	asking      sync.WaitGroup
	all, failed atomic.Int64
	slowest     time.Duration
}

// startSteady has n callers ask a host, each with its own connection or, if anew,
// with one for each request.
func startSteady(ctx context.Context, addr, host string, n int, anew bool) *steady {
	ctx, cancel := context.WithCancel(ctx)
	s := &steady{stop: cancel}
	var mu sync.Mutex
	for range n {
		s.asking.Go(func() {
			c := &caller{addr: addr}
			defer c.close()
			for ctx.Err() == nil {
				begun := time.Now()
				status, _, err := c.send("GET", "GET /steady HTTP/1.1\r\nHost: "+host+"\r\n\r\n")
				s.all.Add(1)
				if err != nil || status != http.StatusOK {
					s.failed.Add(1)
				}
				if anew {
					c.close()
				}
				mu.Lock()
				s.slowest = max(s.slowest, time.Since(begun))
				mu.Unlock()
				select {
				case <-ctx.Done():
				case <-time.After(10 * time.Millisecond):
				}
			}
		})
	}
	return s
}

// end says how many were served, the slowest in how long, and what does not hold.
func (s *steady) end() (cell, why string) {
	s.stop()
	s.asking.Wait()
	all, failed := s.all.Load(), s.failed.Load()
	cell = fmt.Sprintf("%d of %d, %d ms", all-failed, all, s.slowest.Milliseconds())
	switch {
	case failed > 0:
		why = fmt.Sprintf("%d of %d requests of others failed", failed, all)
	case all == 0:
		why = "nobody else asked"
	}
	return cell, why
}
