package serve_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/http2"

	"github.com/meshhop/meshhop/proxy/serve"
)

// TestHTTP2Floods: a client that does too much of what costs the server more than the client
// is told to be calm, and its connection ends. Time stands still, so that nothing is allowed
// again.
func TestHTTP2Floods(t *testing.T) {
	for _, row := range []struct {
		name  string
		sends func(c *raw, n int) error
		times int
	}{
		{"resets", func(c *raw, n int) error {
			id := uint32(2*n + 1)
			if err := c.request(id); err != nil {
				return err
			}
			return c.WriteRSTStream(id, http2.ErrCodeCancel)
		}, 2000},
		{"mistakes that reset streams", func(c *raw, n int) error {
			id := uint32(2*n + 1)
			if err := c.request(id); err != nil {
				return err
			}
			return c.WriteWindowUpdate(id, 1<<31-1) // the window is larger than may be
		}, 2000},
		{"pings", func(c *raw, n int) error { return c.WritePing(false, [8]byte{byte(n)}) }, 20_000},
		{"settings", func(c *raw, n int) error { return c.WriteSettings() }, 20_000},
		{"priorities", func(c *raw, n int) error { return c.WritePriority(1, http2.PriorityParam{Weight: byte(n)}) }, 20_000},
		{"empty data", func(c *raw, n int) error {
			if n == 0 {
				c.open(1, false, "POST /")
			}
			return c.WriteData(1, false, nil)
		}, 20_000},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := startInBubble(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), serve.Config{Protocols: speaking("h2c")})
				c := s.dial(t)
				sent := 0
				for ; sent < 2*row.times; sent++ {
					if sent%500 == 0 {
						synctest.Wait() // net/http ends a connection on which too many answers wait
					}
					if row.sends(c, sent) != nil {
						break
					}
				}
				if sent < row.times || sent > row.times+100 { // some are on their way
					t.Errorf("it has sent %d, want %d", sent, row.times)
				}
				if last, code := c.goAway(); code != http2.ErrCodeEnhanceYourCalm {
					t.Errorf("%d %v", last, code)
				}
				c.wantEnd()
				synctest.Wait()
				if got := s.Stats(); got.Floods != 1 || got.Connections != 0 || s.Traffic().Closed != 1 {
					t.Errorf("%+v", got)
				}
				if err := s.shutdown(time.Second); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// TestHTTP2ManyResets: a client that ends may reset all its streams, more than once.
func TestHTTP2ManyResets(t *testing.T) {
	s, addr, _ := startSecure(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			<-r.Context().Done()
		}
	}), serve.Config{Protocols: speaking("h2c")})
	c := dialRaw(t, addr)
	id := uint32(1)
	for range 2 {
		first := id
		for range 900 {
			c.open(id, true, "/waits")
			id += 2
		}
		for ; first < id; first += 2 {
			c.must(c.WriteRSTStream(first, http2.ErrCodeCancel))
		}
	}
	for n := range 1000 {
		c.must(c.WritePing(false, [8]byte{byte(n)}))
	}
	c.open(id, true, "/")
	if status := c.status(id); status != "200" {
		t.Error(status)
	}
	if got := s.Stats(); got.Floods != 0 {
		t.Errorf("%+v", got)
	}
}
