package h1_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/router/h1"
)

// pipes makes connections in memory whose far ends respond to requests.
type pipes struct {
	made, open atomic.Int64
	delay      time.Duration
}

func (ps *pipes) dial(context.Context) (net.Conn, error) {
	near, far := net.Pipe()
	ps.made.Add(1)
	ps.open.Add(1)
	go func() {
		defer ps.open.Add(-1)
		defer far.Close()
		r := bufio.NewReader(far)
		for {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, req.Body); err != nil {
				return
			}
			time.Sleep(ps.delay)
			if _, err := io.WriteString(far, okResponse); err != nil {
				return
			}
		}
	}()
	return near, nil
}

// TestIdleLimits: when connections are closed by themselves, and when a request finds them
// too old.
func TestIdleLimits(t *testing.T) {
	for _, c := range []struct {
		name   string
		config h1.Config
		steps  []time.Duration // waits before further requests
		made   int64           // connections, after the steps
		after  time.Duration   // wait after the steps
		open   int64
	}{
		{"idle timeout passes", h1.Config{IdleTimeout: time.Minute}, nil, 1, 61 * time.Second, 0},
		{"idle timeout does not pass", h1.Config{IdleTimeout: time.Minute}, []time.Duration{59 * time.Second, 59 * time.Second}, 1, 59 * time.Second, 1},
		{"default", h1.Config{}, []time.Duration{89 * time.Second}, 1, 91 * time.Second, 0},
		{"no limit", h1.Config{IdleTimeout: -1}, []time.Duration{time.Hour}, 1, 24 * time.Hour, 1},
		{"lifetime passes while idle", h1.Config{MaxLifetime: time.Minute}, nil, 1, 61 * time.Second, 0},
		{"lifetime passes while used", h1.Config{MaxLifetime: time.Minute}, []time.Duration{40 * time.Second, 40 * time.Second}, 2, 0, 1},
		{"none is kept", h1.Config{MaxIdle: -1}, []time.Duration{0}, 2, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var ps pipes
				c.config.Dial = ps.dial
				transport := newTransport(t, c.config)
				get(t, transport)
				for _, wait := range c.steps {
					time.Sleep(wait)
					get(t, transport)
				}
				if ps.made.Load() != c.made {
					t.Errorf("%d connections made", ps.made.Load())
				}
				time.Sleep(c.after)
				synctest.Wait()
				if ps.open.Load() != c.open {
					t.Errorf("%d connections open", ps.open.Load())
				}
				transport.Close()
				synctest.Wait()
			})
		})
	}
}

// TestMaxIdle: MaxIdle of many connections are kept. The one used last is used again
// first, so that the others expire.
func TestMaxIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ps := pipes{delay: time.Second}
		transport := newTransport(t, h1.Config{Dial: ps.dial, MaxIdle: 3, IdleTimeout: time.Minute})
		for range 10 {
			go get(t, transport)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if ps.made.Load() != 10 || ps.open.Load() != 3 {
			t.Errorf("made %d, open %d", ps.made.Load(), ps.open.Load())
		}
		for range 70 { // one at a time: always the same connection
			get(t, transport)
		}
		synctest.Wait()
		if ps.made.Load() != 10 || ps.open.Load() != 1 {
			t.Errorf("made %d, open %d", ps.made.Load(), ps.open.Load())
		}
		transport.Close()
		synctest.Wait()
		if ps.open.Load() != 0 {
			t.Error("open after Close")
		}
	})
}

// TestPipes: requests and responses over connections without buffers.
func TestPipes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ps pipes
		transport := newTransport(t, h1.Config{Dial: ps.dial})
		for range 3 {
			req, err := http.NewRequestWithContext(t.Context(), "POST", "http://x/", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			readAll(t, roundTrip(t, transport, req))
			time.Sleep(10 * time.Second)
		}
		if ps.made.Load() != 1 {
			t.Errorf("made %d", ps.made.Load())
		}
		transport.Close()
		synctest.Wait()
	})
}

// TestStalePipe: a connection that cannot be peeked at is checked by reading.
func TestStalePipe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var far net.Conn
		made := 0
		transport := newTransport(t, h1.Config{Dial: func(context.Context) (net.Conn, error) {
			var near net.Conn
			near, far = net.Pipe()
			made++
			go func(far net.Conn) {
				if _, err := http.ReadRequest(bufio.NewReader(far)); err == nil {
					_, _ = io.WriteString(far, okResponse)
				}
			}(far)
			return near, nil
		}})
		get(t, transport)
		far.Close()
		time.Sleep(2 * time.Second)
		req := newRequest(t, "POST", nil)
		readAll(t, roundTrip(t, transport, req))
		if made != 2 {
			t.Errorf("made %d", made)
		}
		far.Close()
		transport.Close()
		synctest.Wait()
	})
}

// TestCancelInBubble: a cancellation is noticed within five milliseconds.
func TestCancelInBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ps := pipes{delay: time.Hour}
		transport := newTransport(t, h1.Config{Dial: ps.dial})
		for _, after := range []time.Duration{time.Microsecond, time.Millisecond, time.Minute} {
			ctx, cancel := context.WithTimeout(t.Context(), after)
			begun := time.Now()
			_, err := transport.RoundTrip(newRequestWith(t, ctx, "GET", nil))
			cancel()
			if err == nil {
				t.Fatal("there is a response")
			}
			if late := time.Since(begun) - after; late > 5*time.Millisecond {
				t.Errorf("%v after the end of the context", late)
			}
		}
		transport.Close()
		time.Sleep(2 * time.Hour) // until the far ends have slept
		synctest.Wait()
	})
}
