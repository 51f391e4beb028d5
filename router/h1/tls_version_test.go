package h1_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net/http"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/meshhop/meshhop/router/h1"
)

// TestTLSVersion: connections that were made before the version changed take no further
// request, whether they are idle then or in use.
func TestTLSVersion(t *testing.T) {
	var made atomic.Int64
	addr, client := securePeer(t, answering(&made))
	var version atomic.Uint64
	version.Store(7)
	transport, err := h1.New(h1.Config{Addr: addr, TLS: client, TLSVersion: &version})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { transport.Close() })
	for i, row := range []struct {
		before, during bool // it changes
		want           int64
	}{{want: 1}, {want: 1}, {before: true, want: 2}, {during: true, want: 2}, {want: 3}, {want: 3}} {
		if row.before {
			version.Add(1)
		}
		r, err := http.NewRequestWithContext(t.Context(), "GET", "https://web/", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		if row.during {
			version.Add(1)
		}
		if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "ok" {
			t.Errorf("request %d: %q, %v", i, body, err)
		}
		resp.Body.Close()
		if open := transport.Stats().Open; row.during && open > 0 {
			t.Errorf("request %d: its connection is kept", i)
		}
		if n := made.Load(); n != row.want {
			t.Errorf("request %d: %d connections were made, want %d", i, n, row.want)
		}
	}
}

// TestTLSVersionForWaiters: nor does a request that waits for such a connection get it.
func TestTLSVersionForWaiters(t *testing.T) {
	var made atomic.Int64
	addr, client := securePeer(t, answering(&made))
	var version atomic.Uint64
	transport, err := h1.New(h1.Config{Addr: addr, TLS: client, TLSVersion: &version, MaxConns: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { transport.Close() })
	ask := func() (*http.Response, error) {
		r, err := http.NewRequestWithContext(t.Context(), "GET", "https://web/", nil)
		if err != nil {
			return nil, err
		}
		return transport.RoundTrip(r)
	}
	first, err := ask()
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		second, err := ask()
		if err == nil {
			err = second.Body.Close()
		}
		done <- err
	}()
	for transport.Stats().Waiters == 0 {
		runtime.Gosched()
	}
	version.Add(1)
	_, _ = io.Copy(io.Discard, first.Body)
	first.Body.Close()
	if err := <-done; err != nil || made.Load() != 2 {
		t.Errorf("%d connections were made, want 2; %v", made.Load(), err)
	}
}

// answering answers each request, and counts the connections.
func answering(made *atomic.Int64) func(*tls.Conn, *bufio.Reader) {
	return func(c *tls.Conn, in *bufio.Reader) {
		made.Add(1)
		for {
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			if _, err := io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"); err != nil {
				return
			}
		}
	}
}
