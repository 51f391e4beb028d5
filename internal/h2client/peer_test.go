package h2client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/internal/h2client"
	"github.com/meshhop/meshhop/internal/h2peer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// listen starts a server, and returns a transport for it.
func listen(t *testing.T, config h2client.Config, script func(p *h2peer.Peer, n int)) *h2client.Transport {
	t.Helper()
	tr := to(h2peer.Listen(t, script), config)
	t.Cleanup(func() { tr.Close() })
	return tr
}

// to returns a transport for an address.
func to(addr string, config h2client.Config) *h2client.Transport {
	config.Addr = addr
	config.Dial = func(ctx context.Context) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "tcp", addr)
	}
	return h2client.New(config)
}

func get(t *testing.T, ctx context.Context) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", "http://web/", nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// fails sends a request that must fail, in the response's body at the latest.
func fails(t *testing.T, tr *h2client.Transport, r *http.Request) *h2client.Error {
	t.Helper()
	resp, err := tr.RoundTrip(r)
	if err == nil {
		_, err = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	own := (*h2client.Error)(nil)
	if !errors.As(err, &own) {
		t.Fatalf("the error is %v", err)
	}
	return own
}

// answered sends a request that must be answered.
func answered(t *testing.T, tr *h2client.Transport, r *http.Request) string {
	t.Helper()
	resp, err := tr.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// soon is when a test gives up.
func soon(t *testing.T, c <-chan struct{}, what string) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(20 * time.Second):
		t.Fatal("waited in vain: " + what)
	}
}

// until waits for what happens in another goroutine.
func until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !happened(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain: " + what)
		}
	}
}
