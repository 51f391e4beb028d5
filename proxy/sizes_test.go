package proxy_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/trace"
)

// TestBodiesOfAllSizes: bodies pass whole, whichever way their size makes them take: with the
// head, in one buffer or several, gathered with the head in one write, or moved by the kernel.
func TestBodiesOfAllSizes(t *testing.T) {
	pattern := make([]byte, 300<<10)
	for i := range pattern {
		pattern[i] = byte(i*i>>7 ^ i)
	}
	backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var size int
		fmt.Sscanf(r.URL.Path, "/%d", &size)
		if r.URL.RawQuery == "" {
			w.Header().Set("Content-Length", fmt.Sprint(size))
		}
		w.Write(pattern[:size])
	}))
	hop := startHop(t, backend, withRouter(func(c *router.Config) { c.Hop = trace.NewHop(trace.HopConfig{}) }))
	c := client(t)
	for _, around := range []int{1, 2 << 10, 4 << 10, 8 << 10, 32 << 10, 64 << 10, 72 << 10, 128 << 10, 299 << 10} {
		for _, size := range []int{around - 300, around - 1, around, around + 1, around + 300} {
			for _, query := range []string{"", "?chunked"} {
				if size < 0 {
					continue
				}
				r, err := http.NewRequest("GET", fmt.Sprintf("%s/%d%s", hop.URL, size, query), nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Host = "web"
				resp, err := c.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if err != nil || !bytes.Equal(body, pattern[:size]) {
					t.Errorf("%d%s: %d bytes, %v", size, query, len(body), err)
				}
			}
		}
	}
}
