package h1_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/router/h1"
)

// TestDefaultHeaderBytes: a head may have 64 KiB by default, and no byte more.
func TestDefaultHeaderBytes(t *testing.T) {
	const before, after = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: ", "\r\n\r\n"
	for size, tooLarge := range map[int]bool{64 << 10: false, 64<<10 + 1: true} {
		ps := responding(t, before+strings.Repeat("x", size-len(before+after))+after)
		_, err := to(t, ps.addr).RoundTrip(newRequest(t, "GET", nil))
		if errors.Is(err, h1.ErrTooLarge) != tooLarge || !tooLarge && err != nil {
			t.Errorf("a head of %d bytes: %v", size, err)
		}
	}
}
