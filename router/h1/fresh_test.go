package h1_test

import (
	"errors"
	"testing"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// TestFresh: a request that asks for a connection that has not served gets one, also
// where their number is bounded, and without one more of them.
func TestFresh(t *testing.T) {
	for _, most := range []int{0, 1} {
		ps := answering(t, okAnswer)
		transport := newTransport(t, h1.Config{Addr: ps.addr, MaxConns: most})
		get(t, transport)
		get(t, transport)
		fresh := sending{transport, &relay.Exchange{Fresh: true}}
		if got := readAll(t, roundTrip(t, fresh, newRequest(t, "GET", nil))); got != "hi" {
			t.Errorf("%q", got)
		}
		if n := ps.count.Load(); n != 2 {
			t.Errorf("MaxConns %d: the request went out on connection %d", most, n)
		}
		if s := transport.Stats(); s.Open != 1 || s.Idle != 1 {
			t.Errorf("MaxConns %d: %+v", most, s)
		}
	}
}

// TestErrorSaysReused: whether a connection had served before is known from the
// error, which is what decides whether a request may be sent once more.
func TestErrorSaysReused(t *testing.T) {
	for _, warm := range []bool{false, true} {
		ps := newPeers(t, func(p *peer) {
			if p.head(); warm {
				p.send(okAnswer)
				p.head()
			}
		})
		transport := newTransport(t, h1.Config{Addr: ps.addr, OnlyUnsent: true})
		if warm {
			get(t, transport)
		}
		_, err := transport.RoundTrip(newRequest(t, "GET", nil))
		var e *h1.Error
		if !errors.As(err, &e) || e.Reused != warm || e.Answered {
			t.Errorf("on a connection that had served, %v: %#v", warm, err)
		}
	}
}
