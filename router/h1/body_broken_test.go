package h1_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// TestBrokenBodyEndsAtOnce: a request whose body breaks off fails without a wait for a
// response, and its peer sees the end of the connection.
func TestBrokenBodyEndsAtOnce(t *testing.T) {
	broken := errors.New("broken")
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		transport := newTransport(t, h1.Config{Dial: func(context.Context) (net.Conn, error) { return near, nil }})
		go func() { _, _ = io.Copy(io.Discard, far) }()
		start := time.Now()
		_, err := transport.RoundTrip(newRequest(t, "POST", io.MultiReader(strings.NewReader("he"), iotest.ErrReader(broken))))
		if !errors.Is(err, broken) {
			t.Errorf("%v", err)
		}
		wantError(t, err, relay.OpBody, wroteSome, false)
		if waited := time.Since(start); waited != 0 { // time stands still unless all wait
			t.Errorf("the error took %v", waited)
		}
		far.Close()
		transport.Close()
		synctest.Wait()
	})
}
