package h1_test

import (
	"errors"
	"testing"

	"github.com/meshhop/meshhop/internal/relay"
	"github.com/meshhop/meshhop/router/h1"
)

// TestFresh: a request that asks for a connection which has not served before gets one. If
// the number of connections is bounded, it replaces another one.
func TestFresh(t *testing.T) {
	for _, most := range []int{0, 1} {
		ps := responding(t, okResponse)
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

// TestErrorSaysReused: the error says whether the connection had served before, because
// that decides whether a request may be sent again.
func TestErrorSaysReused(t *testing.T) {
	for _, warm := range []bool{false, true} {
		ps := newPeers(t, func(p *peer) {
			if p.head(); warm {
				p.send(okResponse)
				p.head()
			}
		})
		transport := newTransport(t, h1.Config{Addr: ps.addr, OnlyUnsent: true})
		if warm {
			get(t, transport)
		}
		_, err := transport.RoundTrip(newRequest(t, "GET", nil))
		var e *h1.Error
		if !errors.As(err, &e) || e.Reused != warm || e.Responded {
			t.Errorf("on a connection that had served before (%v): %#v", warm, err)
		}
	}
}
