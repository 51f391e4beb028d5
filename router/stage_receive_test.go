package router

import (
	"errors"
	"net/http"
	"net/url"
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
		{"with another scheme", "ftp://web/", "", unsupportedScheme},
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

// TestReceiveFromProxy: what a proxy has read is not read again, and its request is not
// copied; a second request with the same context is one like any other.
func TestReceiveFromProxy(t *testing.T) {
	s := newAlone(t)
	local := s.x.local
	asked := s.x.asked.WithContext(&inbound.Context{Context: t.Context(), Request: local})
	asked.URL.Scheme = "ftp" // nobody asks
	stage, x := &receive{s.Router, s.below}, &exchange{router: s.Router, asked: asked}
	if _, err := stage.do(x); err != nil || x.local != local || x.out != asked || x.ctx != asked.Context() {
		t.Errorf("%v; the same request: %v", err, x.out == asked)
	}
	stage.done(x, Outcome{end: endAnswered})
	s.below.want(t, "do", "answered")

	asked.URL.Scheme = "http"
	x = &exchange{router: s.Router, asked: asked}
	if _, err := stage.do(x); err != nil || x.local == local || x.out == asked {
		t.Errorf("%v; the same request again: %v", err, x.out == asked)
	}
}

// TestReceiveCopies: a request of a server becomes one that a client can send.
func TestReceiveCopies(t *testing.T) {
	s := newAlone(t)
	stage := &receive{s.Router, s.below}
	for _, row := range []struct {
		asked     *http.Request
		host, url string
		secret    string
	}{
		{&http.Request{URL: &url.URL{Scheme: "http", Host: "web"}}, "web", "http://web", ""},
		{&http.Request{URL: &url.URL{Path: "/a"}, Host: "web", RequestURI: "/a"}, "web", "http://web/a", ""},
		{&http.Request{URL: &url.URL{Host: "there"}, Host: "web"}, "web", "http://there", ""},
		{&http.Request{Host: "web"}, "web", "http://web", ""},
		{&http.Request{URL: &url.URL{Host: "web", User: url.UserPassword("a", "b")}}, "web", "http://web", "Basic YTpi"},
		{&http.Request{URL: &url.URL{Host: "web", User: url.User("a")}, Header: http.Header{"Authorization": {"mine"}}}, "web", "http://web", "mine"},
	} {
		x := &exchange{router: s.Router, asked: row.asked}
		if _, err := stage.do(x); err != nil {
			t.Fatal(err)
		}
		if out := x.out; out.Host != row.host || out.URL.String() != row.url || out.RequestURI != "" || out.Header == nil || out.Header.Get("Authorization") != row.secret {
			t.Errorf("%+v with the URL %s", out, out.URL)
		}
	}
}
