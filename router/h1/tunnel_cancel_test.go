package h1_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// switching is a connection whose peer switches protocols once it has all of the request,
// at the moment at which the caller leaves.
type switching struct {
	net.Conn
	leave   context.CancelFunc
	written chan bool
	closing sync.Once
	closed  chan bool
	got     strings.Builder
}

func (c *switching) Write(p []byte) (int, error) {
	c.got.Write(p)
	if strings.HasSuffix(c.got.String(), "\r\n0\r\n\r\n") {
		close(c.written)
	}
	return len(p), nil
}

func (c *switching) Read(p []byte) (int, error) {
	<-c.written
	c.leave()
	<-c.closed
	return copy(p, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"), nil
}

func (c *switching) Close() error {
	c.closing.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

// TestLeavesAtTheSwitch: who leaves when the peer switches protocols hears that the request
// was written, its body included.
func TestLeavesAtTheSwitch(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	ctx, leave := context.WithCancel(t.Context())
	conn := &switching{Conn: near, leave: leave, written: make(chan bool), closed: make(chan bool)}
	transport := newTransport(t, h1.Config{Dial: func(context.Context) (net.Conn, error) { return conn, nil }})
	req := newRequestWith(t, ctx, "POST", io.MultiReader(strings.NewReader("hello")))
	req.Header.Set("Connection", "upgrade")
	req.Header.Set("Upgrade", "echo")
	_, err := transport.RoundTrip(req)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	wantError(t, err, relay.OpRead, wroteAll, true)
}
