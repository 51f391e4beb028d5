package h1_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/h1wire"
	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// TestLinesOfInterruptedHead: the lines of a head are those that came, also if the wait for
// it was given up in the middle of it, as a body that waits for 100 Continue does.
func TestLinesOfInterruptedHead(t *testing.T) {
	const came = "ETag: 1\r\nDNT: 2\r\nfoo: 3\r\ncontent-length: 0\r\nFOO: 4\r\n"
	for at := range len(came) {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			defer far.Close()
			transport := newTransport(t, h1.Config{
				Dial:                  func(context.Context) (net.Conn, error) { return near, nil },
				ExpectContinueTimeout: time.Second,
			})
			body := newClosing(strings.NewReader("hello"))
			req := newRequest(t, "POST", body)
			req.Header.Set("Expect", "100-continue")
			req.ContentLength = 5
			go func() {
				p := &peer{Conn: far, Reader: bufio.NewReader(far)}
				p.head()
				p.send("HTTP/1.1 200 OK\r\n" + came[:at])
				_, _ = io.ReadFull(p, make([]byte, 5))
				p.send(came[at:] + "\r\n")
			}()
			var lines h1wire.Lines
			resp := roundTrip(t, sending{transport, &relay.Exchange{ResponseLines: &lines}}, req)
			order := lines.Order()
			for name, values := range resp.Header {
				order.Claim(name, values)
			}
			if got := string(order.Insert(nil, 0)); got != came {
				t.Errorf("interrupted at %d: %q", at, got)
			}
			readAll(t, resp)
			<-body.done
		})
	}
}
