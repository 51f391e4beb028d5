package h1_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// TestNoResponseGoesAstray: many callers cancel, close early and send bodies of all kinds.
// Each gets the response to its own request or an error.
func TestNoResponseGoesAstray(t *testing.T) {
	for _, c := range []struct {
		name   string
		config h1.Config
	}{
		{"without limits", h1.Config{MaxIdle: 8}},
		{"five connections", h1.Config{MaxConns: 5}},
		{"five connections, few wait", h1.Config{MaxConns: 5, MaxWaiters: 9, MaxIdle: 2, MinIdle: 1, MaxLifetime: 20 * time.Millisecond}},
	} {
		t.Run(c.name, func(t *testing.T) { stress(t, c.config) })
	}
}

func stress(t *testing.T, config h1.Config) {
	addr := server(t, func(w http.ResponseWriter, r *http.Request) {
		n := len(r.URL.Path) * 997 % 40000
		if n%7 == 0 {
			time.Sleep(time.Duration(n%6) * time.Millisecond)
		}
		if n%11 == 0 {
			w.WriteHeader(http.StatusRequestEntityTooLarge) // without reading the body
		} else {
			body, _ := io.ReadAll(r.Body)
			n += len(body)
		}
		if n%5 == 0 {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, strings.Repeat(r.URL.Path, 1+n%300))
	})
	var open bounded
	config.Addr = addr
	config.Dial = func(ctx context.Context) (net.Conn, error) { return open.dial(ctx, addr) }
	transport := newTransport(t, config)
	var all sync.WaitGroup
	var mu sync.Mutex
	responded := 0
	for caller := range 16 {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(1, uint64(caller)))
			for i := range 150 {
				ctx, cancel := context.WithCancel(context.Background())
				if rng.IntN(3) == 0 {
					time.AfterFunc(time.Duration(rng.IntN(6000))*time.Microsecond, cancel)
				}
				path := fmt.Sprintf("/%d/%d/%s", caller, i, strings.Repeat("x", rng.IntN(50)))
				req, err := http.NewRequestWithContext(ctx, "POST", "http://x"+path, nil)
				if err != nil {
					cancel()
					t.Error(err)
					return
				}
				if size := rng.IntN(3) * rng.IntN(50000); size > 0 {
					req.Body = io.NopCloser(onlyReader{strings.NewReader(strings.Repeat("b", size))})
					req.ContentLength = int64(size)
					if rng.IntN(2) == 0 {
						req.ContentLength = -1
					}
				}
				if whole, astray := responseTo(transport, req, path, rng.IntN(4) == 0); astray != nil {
					t.Error(astray)
				} else if whole {
					mu.Lock()
					responded++
					mu.Unlock()
				}
				cancel()
			}
		})
	}
	all.Wait()
	if responded < 500 {
		t.Errorf("only %d responses", responded)
	}
	transport.Close()
	now, most := open.now.Load(), open.most.Load()
	t.Logf("at most %d connections at a time; %+v", most, transport.Stats())
	if now != 0 || config.MaxConns > 0 && most > int64(config.MaxConns) {
		t.Errorf("%d connections are open in the end, and at most %d were at a time", now, most)
	}
	if s := transport.Stats(); s.Open != 0 || s.Idle != 0 || s.Waiters != 0 {
		t.Errorf("in the end: %+v", s)
	}
}

// bounded counts connections, including those that are being made.
type bounded struct{ now, most atomic.Int64 }

func (b *bounded) dial(ctx context.Context, addr string) (net.Conn, error) {
	now := b.now.Add(1)
	for most := b.most.Load(); now > most && !b.most.CompareAndSwap(most, now); most = b.most.Load() {
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		b.now.Add(-1)
		return nil, err
	}
	return &boundedConn{TCPConn: conn.(*net.TCPConn), in: b}, nil
}

type boundedConn struct {
	*net.TCPConn
	in   *bounded
	once sync.Once
}

func (c *boundedConn) Close() error {
	err := c.TCPConn.Close()
	c.once.Do(func() { c.in.now.Add(-1) })
	return err
}

// responseTo reports whether a whole response came. It returns an error if the response
// belongs to another request.
func responseTo(rt http.RoundTripper, req *http.Request, path string, early bool) (whole bool, astray error) {
	resp, err := rt.RoundTrip(req)
	if err != nil {
		var e *h1.Error
		if !errors.As(err, &e) || e.Op == relay.OpParse {
			return false, fmt.Errorf("%T: %w", err, err)
		}
		return false, nil
	}
	defer resp.Body.Close()
	if early {
		return false, nil
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return false, nil
	}
	if strings.ReplaceAll(string(body), path, "") != "" || len(body) == 0 {
		return false, fmt.Errorf("%s got %d %.80q", path, resp.StatusCode, body)
	}
	return true, nil
}
