package router_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/httpx"
	"github.com/meshhop/meshhop/router"
)

var targets = []string{
	"/", "/a", "/a/", "/a%2Fb", "/a%2fb", "/%41", "/~x!$&'()*+,;=:@", `/a"b`, "/a|b", "/%zz", "/%", "/a%", "/{x}", `/a\b`, "/[::1]",
	"/a?", "/a??", "/a?x=y", "/?x=%zz", "/a?x=a+b%20c#d", "/a#b", "//a", "//a/b?c", "///", "/./../a", "/a;b=c", "/\xff\xfe", "/ü", "*",
	"/a:b", "/http://web/",
}

func TestSetRawTarget(t *testing.T) {
	for _, target := range targets {
		u := &url.URL{Scheme: "http", Host: "web", Path: "/old", RawPath: "/old", RawQuery: "old", ForceQuery: true, Opaque: "old"}
		httpx.SetRawTarget(u, target)
		if got := u.RequestURI(); got != target || u.Scheme != "http" || u.Host != "web" {
			t.Errorf("%q is written %q, URL %s", target, got, u)
		}
	}
}

// TestRawTargetOnTheWire sends targets through a router and compares what the
// replica reads.
func TestRawTargetOnTheWire(t *testing.T) {
	addr, heads := wire(t)
	line := func() string { first, _, _ := strings.Cut(<-heads, "\r\n"); return first }
	plain, consuming := start(t, sockets), start(t, sockets, func(c *router.Config) { c.Identifier = router.PathSegments(1, true) })
	plain.names.Bind("/web", addr)
	consuming.names.Bind("/web", addr)
	for _, target := range targets {
		r := request(t, "web")
		httpx.SetRawTarget(r.URL, target)
		plain.mustAsk(t, r)
		if got, want := line(), "GET "+target+" HTTP/1.1"; got != want {
			t.Errorf("on the wire %q, want %q", got, want)
		}
		if target == "*" || strings.Contains(target, "//a") {
			continue
		}
		r = request(t, "web")
		httpx.SetRawTarget(r.URL, "/web"+target)
		consuming.mustAsk(t, r)
		if got, want := line(), "GET "+target+" HTTP/1.1"; got != want {
			t.Errorf("consumed, on the wire %q, want %q", got, want)
		}
	}
}

// TestTargetCannotSplitRequests: no target makes two requests of one.
func TestTargetCannotSplitRequests(t *testing.T) {
	f := start(t, sockets)
	f.names.Bind("/web", backend(t, func(w http.ResponseWriter, r *http.Request) { t.Errorf("got %s", r.URL) }))
	for _, target := range []string{"/a\r\nX: y", "/a\n", "/a\x00", "/a?b\r\n\r\nGET / HTTP/1.1"} {
		r := request(t, "web")
		httpx.SetRawTarget(r.URL, target)
		if failed := f.failure(t, r); failed.Kind != router.RequestFailed {
			t.Errorf("%q: %v", target, failed)
		}
	}
}

func FuzzSetRawTarget(f *testing.F) {
	for _, target := range targets {
		f.Add(target)
	}
	f.Fuzz(func(t *testing.T, target string) {
		u := &url.URL{Scheme: "http", Host: "web"}
		httpx.SetRawTarget(u, target)
		if !strings.HasPrefix(target, "/") {
			return
		}
		got := u.RequestURI()
		if strings.HasPrefix(target, "//") {
			if !strings.HasPrefix(got, "//") {
				t.Errorf("%q is written %q", target, got)
			}
			return
		}
		if got != target {
			t.Errorf("%q is written %q", target, got)
		}
	})
}
