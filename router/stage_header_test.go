package router

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/resolve"
)

// TestHeader: the stage writes what the next hop and the endpoint are told of an
// attempt.
func TestHeader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newAlone(t)
		stage := &header{below: s.below}
		sent := func() http.Header {
			t.Helper()
			a := s.begin(0)
			a.until = s.x.limit
			if _, err := stage.do(s.x); err != nil {
				t.Error(err)
			}
			stage.done(s.x, Outcome{end: endAnswered})
			s.below.want(t, "do", "answered")
			return a.header.header(a.ctx, s.hop, s.x.out.Header)
		}
		h := sent()
		for name, want := range map[string]string{
			"l5d-dst-service": "/svc/web", "l5d-dst-client": "/#/fake/web", "l5d-dst-residual": "", "l5d-ctx-dtab": "",
			"l5d-ctx-deadline": "", "finagle-http-retryable-request": "",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		if h.Get("l5d-ctx-trace") == "" || len(h.Values("finagle-http-retryable-request")) != 0 {
			t.Errorf("%v", h)
		}
		s.x.limit = limit{at: time.Now().Add(time.Second), kind: TotalTimeout}
		s.x.out.ContentLength, s.x.body.replay = 3, newReplay(http.NoBody, 3, 10, new(bodyPool))
		s.x.local.DtabText = "/a=>/b"
		s.x.leaf = &route{set: s.x.leaf.set, bound: "/#/other", residual: resolve.MustPath("/rest")}
		h = sent()
		if h.Get("l5d-ctx-deadline") != s.x.limit.header() || len(h[wire.Lower(wire.RetryableRequestName)]) != 1 {
			t.Errorf("%v", h)
		}
		if h.Get("l5d-dst-client") != "/#/other" || h.Get("l5d-dst-residual") != "/rest" || h.Get("l5d-ctx-dtab") != "/a=>/b" {
			t.Errorf("%v", h)
		}
		if n := s.Stats().ContextLeftOut; n != 0 {
			t.Errorf("%d headers were left out", n)
		}
		s.x.local.MaxContextBytes = len("/svc/web") + len("/a=>/b")
		if h = sent(); h.Get("l5d-dst-service") != "/svc/web" || h.Get("l5d-dst-client") != "" || s.Stats().ContextLeftOut != 2 {
			t.Errorf("%d headers were left out of %v", s.Stats().ContextLeftOut, h)
		}
	})
}

// TestHeaderOfResponse: the fields of an attempt before are not those of this one, and
// an endpoint that was called by its own authority is not named to the caller.
func TestHeaderOfResponse(t *testing.T) {
	for _, sends := range []int32{1, 2} {
		s := newAlone(t)
		stage := &header{below: s.below}
		s.begin(0)
		s.x.local.ResponseHeader = http.Header{"Before": {"1"}}
		s.x.sends = sends
		s.below.does = func(x *exchange) (*http.Response, error) {
			if _, has := x.local.ResponseHeader["Before"]; has != (sends == 1) {
				t.Errorf("attempt %d has %v", sends, x.local.ResponseHeader)
			}
			return nil, errFake
		}
		if _, err := stage.do(s.x); err != errFake {
			t.Error(err)
		}
	}
	s := newAlone(t, func(c *Config) {
		c.Interpreter = constant{resolve.LeafOf(&resolve.Bound{
			ID:   resolve.MustPath("/#/fake/web"),
			Addr: resolve.Const(resolve.Replicas{Addresses: []resolve.Address{{Weight: 1, Authority: "inside:80"}}}),
		})}
	})
	s.begin(0)
	s.below.does = func(*exchange) (*http.Response, error) {
		resp := responseOf(302)
		resp.Header.Set("Location", "http://inside:80/there")
		return resp, nil
	}
	resp, err := (&header{below: s.below}).do(s.x)
	if err != nil || !strings.HasPrefix(resp.Header.Get("Location"), "http://web/") {
		t.Errorf("%v, %v", resp.Header, err)
	}
}

// someEdit is what a server changes in the header of a request.
type someEdit [][2]string

func (e someEdit) Omits(name string) bool { return name == "Dropped" }

func (e someEdit) Field(i int) (name, value string, ok bool) {
	if i >= len(e) {
		return "", "", false
	}
	return e[i][0], e[i][1], true
}

// TestHeaderOfTheServer: what the server changes in the header is sent beside the stage's
// own fields, all of both.
func TestHeaderOfTheServer(t *testing.T) {
	s := newAlone(t)
	s.x.local.Header = someEdit{{"Via", "1.1 hop"}, {"X-Forwarded-For", "10.0.0.1"}}
	s.x.out.Header = http.Header{"Dropped": {"1"}, "Kept": {"2"}}
	a := s.begin(0)
	if _, err := (&header{below: s.below}).do(s.x); err != nil {
		t.Fatal(err)
	}
	h := a.header.header(a.ctx, s.hop, s.x.out.Header)
	if h.Get("Via") != "1.1 hop" || h.Get("X-Forwarded-For") != "10.0.0.1" || h.Get("Kept") != "2" || h.Get("l5d-dst-service") != "/svc/web" || len(h["Dropped"]) > 0 {
		t.Errorf("sent %v", h)
	}
}

// TestHeaderWithoutRoom: names that find no room in the header are left out, and counted.
func TestHeaderWithoutRoom(t *testing.T) {
	s := newAlone(t)
	s.x.leaf = &route{set: s.x.leaf.set, bound: "/#/other", residual: resolve.MustPath("/rest")}
	for room, left := range map[int]uint64{1: 3, len("/svc/web") - 1: 2, len("/svc/web"): 2, len("/svc/web/rest"): 1, len("/svc/web/#/other/rest"): 0} {
		s.x.local.MaxContextBytes = room
		a, before := s.begin(0), s.Stats().ContextLeftOut
		if _, err := (&header{below: s.below}).do(s.x); err != nil {
			t.Fatal(err)
		}
		if got := s.Stats().ContextLeftOut - before; got != left {
			t.Errorf("%d bytes: %d were left out of %v, want %d", room, got, a.header.header(a.ctx, s.hop, http.Header{}), left)
		}
	}
}

// TestHeaderHasRoom: unless the server says otherwise, names have 8 KB.
func TestHeaderHasRoom(t *testing.T) {
	for size, left := range map[int]uint64{8 << 10: 0, 8<<10 + 1: 1} {
		s := newAlone(t)
		bound := strings.Repeat("x", size-len("/svc/web"))
		s.x.leaf = &route{set: s.x.leaf.set, bound: bound}
		s.begin(0)
		if _, err := (&header{below: s.below}).do(s.x); err != nil || s.Stats().ContextLeftOut != left {
			t.Errorf("%d bytes: %d were left out, want %d; %v", size, s.Stats().ContextLeftOut, left, err)
		}
	}
}

// TestHeaderOfKeptBodies: the next hop is told whether the body can be sent again.
func TestHeaderOfKeptBodies(t *testing.T) {
	for _, row := range []struct {
		what   string
		length int64
		keep   int  // bytes; 0: the body is not kept
		made   bool // by GetBody
		told   bool
	}{
		{what: "no body"},
		{what: "kept", length: 3, keep: 3, told: true},
		{what: "too long", length: 3, keep: 2},
		{what: "of unknown length", length: -1, keep: 3},
		{what: "not kept", length: 3},
		{what: "empty", made: true},
		{what: "made anew", length: 3, made: true, told: true},
	} {
		s := newAlone(t)
		if s.x.out.ContentLength = row.length; row.length != 0 {
			s.x.out.Body = io.NopCloser(strings.NewReader("abc"))
		}
		if row.made {
			s.x.out.GetBody = func() (io.ReadCloser, error) { return s.x.out.Body, nil }
		}
		s.x.body.begin(s.x.out, row.keep, new(bodyPool))
		a := s.begin(0)
		if _, err := (&header{below: s.below}).do(s.x); err != nil {
			t.Fatal(err)
		}
		_, told := a.header.header(a.ctx, s.hop, s.x.out.Header)[wire.Lower(wire.RetryableRequestName)]
		if told != row.told {
			t.Errorf("a body that is %s: it is said that it can be sent again: %v", row.what, told)
		}
	}
}
