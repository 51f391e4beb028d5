package proxy_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/ctxhdr"
	"github.com/meshhop/meshhop/internal/wire"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// handled is how many requests the hops have had, those refused before they were
// counted included.
func handled(hops ...*hop) (n uint64) {
	for _, h := range hops {
		stats := h.server.Stats()
		n += stats.Requests + stats.Refused
	}
	return n
}

// TestLoop: a request that comes to the same server again with the same name
// ends there, whichever way it took.
func TestLoop(t *testing.T) {
	for _, test := range []struct {
		name   string
		hops   int
		join   func(hops []*hop) // gives the hops their endpoints
		change func(*http.Request)
		most   uint64 // requests of all hops
	}{
		{"a hop that is its own endpoint", 1, func(h []*hop) { h[0].names.Bind("/web", h[0].addr) }, nil, 2},
		{"two hops that name each other", 2, func(h []*hop) {
			h[0].names.Bind("/web", h[1].addr)
			h[1].names.Bind("/web", h[0].addr)
		}, nil, 3},
		{"four hops in a ring", 4, func(h []*hop) {
			for i := range h {
				h[i].names.Bind("/web", h[(i+1)%4].addr)
			}
		}, nil, 5},
		{"by l5d-dtab", 1, func(h []*hop) { h[0].names.Bind("/self", h[0].addr) },
			header("l5d-dtab", "/svc/web => /#/fake/self"), 2},
		{"by l5d-ctx-dtab", 1, func(h []*hop) { h[0].names.Bind("/self", h[0].addr) },
			header("l5d-ctx-dtab", "/svc/web => /#/fake/self"), 2},
		{"with a Via that a client takes back", 1, func(h []*hop) { h[0].names.Bind("/web", h[0].addr) }, header("Connection", "via"), 2},
		{"behind other proxies", 1, func(h []*hop) { h[0].names.Bind("/web", h[0].addr) }, header("Via", "1.0 fred, 1.1 p.example (squid, or so)"), 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			hops := make([]*hop, test.hops)
			for i := range hops {
				hops[i] = startHop(t, "")
			}
			test.join(hops)
			resp, body := hops[0].get(t, func(r *http.Request) {
				if test.change != nil {
					test.change(r)
				}
			})
			if resp.StatusCode != http.StatusLoopDetected {
				t.Errorf("the response is %s:\n%s", resp.Status, body)
			}
			if got := handled(hops...); got > test.most {
				t.Errorf("the request became %d, more than %d", got, test.most)
			}
			if got := resp.Header.Get(ctxhdr.ErrName); got != wire.EncodeErr(body, 8<<10) || got == "" {
				t.Errorf("l5d-err is %q, the body %q", got, body)
			}
			if got := hops[0].server.Stats().Loops; got != 1 {
				t.Errorf("%d loops counted", got)
			}
			// The way: a line for each station, in order, with those that are here.
			if n := strings.Count(body, "linkerd (") + strings.Count(body, "fred") + strings.Count(body, "(squid, or so)"); n < test.hops {
				t.Errorf("the way is not told:\n%s", body)
			}
			if !strings.Contains(body, "/svc/web") || strings.Count(body, "<- here") != 1 {
				t.Errorf("neither the name nor the place is told:\n%s", body)
			}
		})
	}
}

// TestLoopOfAServerWithTwoAddresses: it is the server that counts, not the
// address that it was reached at.
func TestLoopOfAServerWithTwoAddresses(t *testing.T) {
	h := startHop(t, "")
	l, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		t.Skipf("NOT TESTED: there is no second address: %v", err)
	}
	other := &http.Server{Handler: h.server}
	done := make(chan struct{})
	go func() { defer close(done); other.Serve(l) }()
	t.Cleanup(func() { other.Close(); <-done })
	h.names.Bind("/web", l.Addr().String())
	if resp, body := h.get(t); resp.StatusCode != http.StatusLoopDetected || handled(h) > 2 {
		t.Errorf("the response is %s after %d requests:\n%s", resp.Status, handled(h), body)
	}
}

// TestLoopOfTwoServers: of one router, of which each sends to the other.
func TestLoopOfTwoServers(t *testing.T) {
	h := startHop(t, "")
	second, err := proxy.New(proxy.Config{Router: h.router})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(second)
	t.Cleanup(s.Close)
	h.names.Bind("/web", s.Listener.Addr().String())
	resp, body := h.get(t)
	if n := handled(h) + second.Stats().Requests; resp.StatusCode != http.StatusLoopDetected || n > 3 {
		t.Errorf("the response is %s after %d requests:\n%s", resp.Status, n, body)
	}
}

// TestNoLoop: what comes to a server twice without going round.
func TestNoLoop(t *testing.T) {
	// twice is a service that has the name "last" and calls it, as a proxy
	// would, for every other name: it sends the headers that it got, Via among
	// them, to the same hop.
	twice := func(h **hop) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Host == "last" {
				io.WriteString(w, "arrived")
				return
			}
			again, err := http.NewRequest(r.Method, (*h).URL+"/", nil)
			if err != nil {
				t.Error(err)
				return
			}
			again.Header = r.Header.Clone()
			again.Host = "last"
			resp, body := do(t, again)
			w.WriteHeader(resp.StatusCode)
			io.WriteString(w, body)
		}
	}
	t.Run("two calls through one router with the Via of the first", func(t *testing.T) {
		var h *hop
		addr := startBackend(t, twice(&h))
		h = startHop(t, addr)
		h.names.Bind("/last", addr)
		if resp, body := h.get(t); resp.StatusCode != 200 || body != "arrived" || handled(h) != 2 {
			t.Errorf("%s %q after %d requests", resp.Status, body, handled(h))
		}
	})
	t.Run("the same name with another dtab", func(t *testing.T) {
		// A first pass adds what the second goes by, as a service does that
		// reads an override from its own configuration.
		h := startHop(t, "")
		addr := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			again, err := http.NewRequest("GET", h.URL+"/", nil)
			if err != nil {
				t.Error(err)
				return
			}
			again.Host, again.Header = r.Host, r.Header.Clone()
			again.Header.Set("l5d-dtab", "/svc/web => /#/fake/other")
			resp, body := do(t, again)
			w.WriteHeader(resp.StatusCode)
			io.WriteString(w, body)
		}))
		h.names.Bind("/web", addr)
		h.names.Bind("/other", startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "other") })))
		if resp, body := h.get(t); resp.StatusCode != 200 || body != "other" {
			t.Errorf("%s %q", resp.Status, body)
		}
	})
	t.Run("a retry that comes to the same router", func(t *testing.T) {
		calls := 0
		addr := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if calls++; calls < 3 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		}))
		next := startHop(t, addr)
		first := startHop(t, next.addr, withRouter(func(c *router.Config) {
			c.Services = func(resolve.Path) router.ServicePolicy {
				return router.ServicePolicy{Classifier: router.RetryableRead5XX()}
			}
		}))
		if resp, body := first.get(t); resp.StatusCode != 200 || next.server.Stats().Requests != 3 {
			t.Errorf("%s %q after %d requests", resp.Status, body, next.server.Stats().Requests)
		}
	})
	t.Run("two requests of one client", func(t *testing.T) {
		var via []string
		h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { via = append(via, r.Header.Get("Via")) })))
		for range 2 {
			if resp, body := h.get(t); resp.StatusCode != 200 {
				t.Errorf("%s %q", resp.Status, body)
			}
		}
		if via[0] != via[1] {
			t.Errorf("one name at one server has the marks %q", via)
		}
	})
}

// TestLoopWithoutComments: whoever strips the comments of Via is stopped by the
// depth, whose default is low.
func TestLoopWithoutComments(t *testing.T) {
	comment := regexp.MustCompile(` \([^)]*\)`)
	h := startHop(t, "")
	stripper := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		again, err := http.NewRequest(r.Method, h.URL+"/", nil)
		if err != nil {
			t.Error(err)
			return
		}
		again.Header, again.Host = r.Header.Clone(), r.Host
		again.Header.Set("Via", comment.ReplaceAllString(r.Header.Get("Via"), ""))
		resp, body := do(t, again)
		w.WriteHeader(resp.StatusCode)
		io.WriteString(w, body)
	}))
	t.Cleanup(stripper.Close)
	h.names.Bind("/web", stripper.Listener.Addr().String())
	resp, body := h.get(t)
	if want := "Maximum number of calls (64) has been exceeded. Please check for proxy loops."; resp.StatusCode != http.StatusBadRequest || body != want {
		t.Errorf("the response is %s %q", resp.Status, body)
	}
	if n := handled(h); n != 66 {
		t.Errorf("%d requests, want 66: the first, one for each call that is allowed, and the one that is refused", n)
	}
}

// TestMark: what a request's Via says of this hop, and a response's does not.
func TestMark(t *testing.T) {
	var sent []string
	backend := startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent = append(sent, strings.Join(r.Header["Via"], "|"))
	}))
	h := startHop(t, backend)
	h.names.Bind("/other", backend)
	for i, test := range []struct{ request, want string }{
		{"GET / HTTP/1.1\r\nHost: web\r\n", "1.1 linkerd (R.N)"},
		{"GET / HTTP/1.1\r\nHost: web\r\nVia: 1.0 bob, 1.1 mary\r\n", "1.0 bob, 1.1 mary, 1.1 linkerd (R.N)"},
		{"GET / HTTP/1.1\r\nHost: other\r\n", "1.1 linkerd (R.N)"},
		{"GET / HTTP/1.1\r\nHost: web\r\nl5d-dtab: /a=>/b\r\n", "1.1 linkerd (R.N)"},
		{"GET / HTTP/1.0\r\nHost: web\r\n", "1.0 linkerd (R.N)"},
	} {
		head, _ := h.exchange(t, test.request+"Connection: close\r\n\r\n")
		if unmarked(sent[i]) != test.want {
			t.Errorf("%q is sent on with Via %q, want %q", test.request, sent[i], test.want)
		}
		if via := strings.Join(lines(head, "Via"), "|"); i != 4 && via != "1.1 linkerd" {
			t.Errorf("the response has Via %q", via)
		}
	}
	names := map[string]bool{}
	for _, i := range []int{0, 2, 3} {
		names[sent[i]] = true
	}
	if len(names) != 3 {
		t.Errorf("two names, and one with two dtabs, have %d marks: %q", len(names), sent)
	}
	// Another server of the same router is somebody else.
	second, err := proxy.New(proxy.Config{Router: h.router})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(second)
	t.Cleanup(s.Close)
	r, _ := http.NewRequest("GET", s.URL, nil)
	r.Host = "web"
	do(t, r)
	word := regexp.MustCompile(`\((.{8})`)
	if word.FindString(sent[0]) != word.FindString(sent[2]) || word.FindString(sent[0]) == word.FindString(sent[5]) {
		t.Errorf("one server has the marks %q and %q, and another %q", sent[0], sent[2], sent[5])
	}
}

// TestExplainALoop: an explanation refuses what a request would be refused for,
// and counts nothing.
func TestExplainALoop(t *testing.T) {
	var via string
	h := startHop(t, startBackend(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { via = r.Header.Get("Via") })))
	h.get(t)
	r := httptest.NewRequest("GET", "/", nil)
	r.Host = "web"
	if e := inside(h).Explain(r); e.Err != nil {
		t.Fatalf("without Via: %v", e.Err)
	}
	r.Header.Set("Via", via)
	e := inside(h).Explain(r)
	if status, message := inside(h).Refusal(r, e.Err); e.Err == nil || status != http.StatusLoopDetected || !strings.Contains(message, "<- here") {
		t.Errorf("%v: %d %s", e.Err, status, message)
	}
	if n := h.server.Stats().Loops; n != 0 {
		t.Errorf("%d loops counted", n)
	}
}

// TestLoopOfManyProxies: the way in the response has a bound, whatever clients put
// into Via.
func TestLoopOfManyProxies(t *testing.T) {
	h := startHop(t, "", withProxy(func(c *proxy.Config) { c.MaxCallDepth, c.MaxHeaderBytes = 10_000, 64<<10 }))
	h.names.Bind("/web", h.addr)
	for name, via := range map[string]string{
		"many stations":  strings.Repeat("1.1 x, ", 2000) + "1.1 last",
		"a long station": "1.1 " + strings.Repeat("x", 20_000),
		"open comments":  strings.Repeat("1.1 x (", 2000),
	} {
		t.Run(name, func(t *testing.T) {
			resp, body := h.get(t, header("Via", via))
			if resp.StatusCode != http.StatusLoopDetected || len(body) > 8<<10 || !strings.Contains(body, "<- here") {
				t.Errorf("%s with %d bytes: %.300s", resp.Status, len(body), body)
			}
		})
	}
}

// TestViaMembers: the stations of Via as the response to a loop tells them.
func TestViaMembers(t *testing.T) {
	h := startHop(t, "")
	h.names.Bind("/web", h.addr)
	_, body := h.get(t, header("Via", `1.0 fred, 1.1 p.example (squid, \) or so), 1.1 "a, b" , , HTTP/1.1 c:80 (x(y,z),)`))
	_, way, _ := strings.Cut(body, "(Via):\n")
	want := `  1.0 fred
  1.1 p.example (squid, \) or so)
  1.1 "a, b"
  HTTP/1.1 c:80 (x(y,z),)
  1.1 linkerd (R.N) <- here
  and here again
`
	if way = unmarked(way); way != want {
		t.Errorf("the way is told as\n%swant\n%s", way, want)
	}
}

// FuzzVia: whatever strangers put around a mark, or instead of one, a loop is one
// with the mark in it and only then, and is told in few words.
func FuzzVia(f *testing.F) {
	var via string
	h := startHop(f, startBackend(f, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { via = r.Header.Get("Via") })),
		withProxy(func(c *proxy.Config) { c.MaxCallDepth, c.MaxHeaderBytes = 1<<30, 1<<30 }))
	resp, err := http.DefaultTransport.RoundTrip(must(http.NewRequest("GET", h.URL, nil)))
	if err != nil {
		f.Fatal(err)
	}
	resp.Body.Close()
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	comment := via[len("1.1 linkerd "):]
	for _, seed := range [][2]string{
		{"", ""}, {"1.1 a, ", ", 1.1 b"}, {"1.1 x (", ")"}, {`1.1 "`, `"`}, {`\`, `\`}, {"(((", ","}, {",,,", ",,,"},
		{"1.1 linkerd (01234567.01234567), ", ""}, {"\xff", "\x00"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, before, after string) {
		for _, test := range []struct {
			via  []string
			loop bool
		}{
			{[]string{before + via + after}, true},
			{[]string{before, comment, after}, true},
			{[]string{before + after}, strings.Contains(before+after, comment)},
		} {
			r := httptest.NewRequest("GET", "/", nil)
			r.Host, r.Header["Via"] = "web", test.via
			e := inside(h).Explain(r)
			if looped := e.Err != nil; looped != test.loop {
				t.Fatalf("a loop: %v, want %v, with %q: %v", looped, test.loop, test.via, e.Err)
			}
			if !test.loop {
				continue
			}
			status, text := inside(h).Refusal(r, e.Err)
			if status != http.StatusLoopDetected || len(text) > 8<<10 || strings.Count(text, " <- here\n") < 1 {
				t.Fatalf("%d: %d bytes:\n%s", status, len(text), text)
			}
		}
	})
}

// must is a request for a host, which could be made.
func must(r *http.Request, err error) *http.Request {
	if err != nil {
		panic(err)
	}
	r.Host = "web"
	return r
}
