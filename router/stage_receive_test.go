package router

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/meshhop/meshhop/internal/inbound"
)

// TestReceive: the request that is sent is a copy of the one that came, and what cannot
// be read or sent goes no further.
func TestReceive(t *testing.T) {
	for _, row := range []struct {
		name, url, dtab string
		kind            Kind
	}{
		{"plain", "http://web/", "", 0},
		{"with a dtab", "http://web/", "/a=>/b", 0},
		{"with another scheme", "https://web/", "", UnsupportedScheme},
		{"with a dtab that does not parse", "http://web/", "/a=>", InvalidDtab},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newAlone(t)
			asked, err := http.NewRequestWithContext(t.Context(), "GET", row.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			asked.Header.Set("L5d-Ctx-Dtab", row.dtab)
			asked.Header.Set("L5d-Ctx-Deadline", "1000000000 2000000000")
			stage, x := &receive{s.Router, s.below}, &exchange{router: s.Router, asked: asked}
			_, err = stage.do(x)
			stage.done(x, Outcome{})
			if row.kind != 0 {
				if !errors.Is(err, row.kind) {
					t.Errorf("%v, want one of kind %v", err, row.kind)
				}
				s.below.want(t)
				return
			}
			s.below.want(t, "do", "unrouted")
			if err != nil || x.ctx != asked.Context() || x.local.Deadline.IsZero() || len(x.local.Dtab) > 0 != (row.dtab != "") {
				t.Errorf("%v, %+v", err, x.local)
			}
			x.out.Header.Set("X", "y")
			x.out.URL.Path = "/other"
			if x.out == asked || asked.Header.Get("X") != "" || asked.URL.Path != "/" {
				t.Error("the caller's request was changed")
			}
		})
	}
}

// TestReceiveFromProxy: what a proxy has read is not read again, and its request is
// not copied.
func TestReceiveFromProxy(t *testing.T) {
	s := newAlone(t)
	stage := &receive{s.Router, s.below}
	local := &inbound.Request{}
	asked := s.x.asked.WithContext(&inbound.Context{Context: context.Background(), Request: local})
	asked.URL.Scheme = "https" // nobody asks
	for i, ours := range []bool{true, false} {
		x := &exchange{router: s.Router, asked: asked}
		if i > 0 {
			asked.URL.Scheme = "http"
		}
		if _, err := stage.do(x); err != nil || (x.local == local) != ours || (x.out == asked) != ours {
			t.Errorf("request %d of the context: %v; the server's own: %v, %v, want %v", i, err, x.local == local, x.out == asked, ours)
		}
	}
	stage.done(&exchange{router: s.Router, asked: asked, local: local}, Outcome{Result: Answered})
	s.below.want(t, "do", "do", "answered")
}
