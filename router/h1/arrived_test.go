package h1_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestBodyThatBreaksOffBehindAFullBuffer: what has arrived is read with what came with the
// head, and then why there is no more.
func TestBodyThatBreaksOffBehindAFullBuffer(t *testing.T) {
	for _, sent := range []int{1, 4 << 10, 8 << 10, 9 << 10, 20 << 10, 63 << 10} {
		ps := newPeers(t, func(p *peer) {
			if p.head() != "" {
				p.send(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", 64<<10, strings.Repeat("x", sent)))
			}
		})
		resp := roundTrip(t, to(t, ps.addr), newRequest(t, "GET", nil))
		total, buffer := 0, make([]byte, 64<<10)
		var err error
		for err == nil {
			var n int
			n, err = resp.Body.Read(buffer)
			total += n
		}
		if total != sent || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d bytes, %v, want %d", total, err, sent)
		}
		resp.Body.Close()
	}
}
