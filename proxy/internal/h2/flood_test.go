package h2_test

import (
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/internal/h2wire"
	"github.com/meshhop/meshhop/proxy/internal/h2"
)

// TestFloods: a peer that makes work and wants nothing is sent away, and counted.
func TestFloods(t *testing.T) {
	for _, test := range []struct {
		name string
		once func(*peer) []byte
		each func(p *peer, i int) []byte
		lots int
	}{
		{"resets", nil, func(p *peer, i int) []byte {
			return append(p.request(uint32(2*i+1), get, "/wait", true), h2wire.AppendReset(nil, uint32(2*i+1), h2wire.Cancel)...)
		}, 20000},
		{"refused streams", nil, func(p *peer, i int) []byte { return p.request(uint32(2*i+1), get, "/wait", true) }, 20000},
		{"malformed requests", nil, func(p *peer, i int) []byte { return p.request(uint32(2*i+1), get, "", true) }, 20000},
		{"pings", nil, func(*peer, int) []byte { return h2wire.AppendPing(nil, false, []byte("12345678")) }, 200000},
		{"settings", nil, func(*peer, int) []byte { return h2wire.AppendSettings(nil) }, 200000},
		{"priorities", nil, func(*peer, int) []byte {
			return append(h2wire.AppendHeader(nil, 5, h2wire.Priority, 0, 3), 0, 0, 0, 0, 1)
		}, 200000},
		{"unknown frames", nil, func(*peer, int) []byte { return h2wire.AppendHeader(nil, 0, 0x55, 0, 3) }, 200000},
		{"empty data", func(p *peer) []byte { return p.request(1, post, "/wait", false) },
			func(*peer, int) []byte { return h2wire.AppendData(nil, 1, false, nil) }, 200000},
		{"updates of windows", func(p *peer) []byte { return p.request(1, post, "/wait", false) },
			func(*peer, int) []byte { return h2wire.AppendWindowUpdate(nil, 1, 1) }, 200000},
		{"continuation", func(p *peer) []byte { return headers(1, 0, nil) },
			func(*peer, int) []byte { return h2wire.AppendHeader(nil, 0, h2wire.Continuation, 0, 1) }, 200000},
		{"a long header block", func(p *peer) []byte { return headers(1, 0, nil) }, func(*peer, int) []byte {
			return append(h2wire.AppendHeader(nil, 1<<14, h2wire.Continuation, 0, 1), make([]byte, 1<<14)...)
		}, 1000},
	} {
		t.Run(test.name, func(t *testing.T) {
			addr, s := start(t, h2.Config{Handler: http.HandlerFunc(various), MaxConcurrentStreams: 100})
			p := newPeer(t, addr).begin()
			if test.once != nil {
				p.send(test.once(p))
			}
			read := make(chan struct{})
			go func() {
				defer close(read)
				for {
					if _, _, ok := p.next(); !ok {
						return
					}
				}
			}()
			for i := 0; i < test.lots; i += 50 {
				var out []byte
				for j := range 50 {
					out = append(out, test.each(p, i+j)...)
				}
				if p.send(out) != nil {
					break
				}
			}
			<-read
			// GOAWAY may get lost because the peer goes on.
			if got := s.Stats().Floods; got != 1 {
				t.Errorf("%d floods, %v", got, p.lines[0])
			}
		})
	}
}

// TestAnswersUnread: a peer that does not read the answers to its PINGs cannot have many of
// them wait.
func TestAnswersUnread(t *testing.T) {
	addr, s := start(t, h2.Config{Handler: http.HandlerFunc(various)})
	p := newPeer(t, addr).begin()
	for s.Stats().Floods == 0 {
		var out []byte
		for range 100 {
			out = h2wire.AppendPing(out, false, []byte("12345678"))
		}
		if p.send(out) != nil {
			break
		}
	}
	if got := s.Stats().Floods; got != 1 {
		t.Errorf("%d floods", got)
	}
}
