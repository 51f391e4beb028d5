package admin_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// TestHistory: counters go on, gauges do not, and what two Admins count at the
// same time is counted once.
func TestHistory(t *testing.T) {
	backend := startReplica(t)
	names := new(resolvetest.Namer)
	names.Bind("/web", backend.Listener.Addr().String())
	var before *admin.Admin
	type generation struct {
		router *router.Router
		pages  *admin.Admin
		hop    *httptest.Server
	}
	begin := func() *generation {
		g := &generation{router: newRouter(t, "outgoing", names)}
		handler := newServer(t, g.router, "127.0.0.1/4140")
		g.hop = httptest.NewServer(handler)
		t.Cleanup(g.hop.Close)
		var err error
		g.pages, err = admin.New(admin.Config{Routers: []*router.Router{g.router}, Servers: []admin.Server{{Handler: handler}}, Before: before})
		if err != nil {
			t.Fatal(err)
		}
		before = g.pages
		t.Cleanup(func() { g.pages.Retire(nil) })
		return g
	}
	const (
		requests = `rt:server:requests{rt="outgoing",server="127.0.0.1/4140"}`
		latency  = `rt:server:request_latency_ms_count{rt="outgoing",server="127.0.0.1/4140"}`
		client   = `rt:client:requests{client="#/fake/web",rt="outgoing"}`
		service  = `rt:service:requests{rt="outgoing",service="svc/web"}`
		size     = `rt:client:loadbalancer:size{client="#/fake/web",rt="outgoing"}`
	)
	expect := func(what string, g *generation, want map[string]float64) {
		t.Helper()
		s := &site{Server: httptest.NewServer(g.pages)}
		defer s.Close()
		s.client = s.Client()
		got := series(s.scrape(t, "/metrics"))
		for name, n := range want {
			if value, there := got[name]; value != n || there != (n >= 0) && n >= 0 {
				t.Errorf("%s: %s is %v, want %v", what, name, value, n)
			}
		}
	}
	one := begin()
	for range 3 {
		send(t, one.hop, "web", "/200")
	}
	two := begin()
	send(t, two.hop, "web", "/200")
	send(t, one.hop, "web", "/200") // which began before
	expect("both", two, map[string]float64{requests: 5, latency: 5, client: 5, service: 5, size: 1})
	expect("both, by the first one", one, map[string]float64{requests: 5})
	one.pages.Retire(func() {
		expect("while the first ends", two, map[string]float64{requests: 5, client: 5})
		if err := one.router.Close(); err != nil {
			t.Error(err)
		}
	})
	expect("one", two, map[string]float64{requests: 5, latency: 5, client: 5, service: 5})
	one.pages.Retire(nil)
	expect("retired twice", two, map[string]float64{requests: 5})
	three := begin()
	two.pages.Retire(nil)
	four := begin()
	three.pages.Retire(nil) // which had no requests
	expect("no request yet", four, map[string]float64{requests: 5})
	send(t, four.hop, "web", "/200")
	expect("the last one", four, map[string]float64{requests: 6, latency: 6, client: 6, service: 6, size: 1})
}

// TestHistoryIsBounded: names that strangers asked for do not pile up, reload
// after reload.
func TestHistoryIsBounded(t *testing.T) {
	names := new(resolvetest.Namer)
	var before *admin.Admin
	for reload := range 20 {
		r := newRouter(t, "outgoing", names)
		handler := newServer(t, r, "127.0.0.1/4140")
		pages, err := admin.New(admin.Config{Routers: []*router.Router{r}, Servers: []admin.Server{{Handler: handler}}, Before: before})
		if err != nil {
			t.Fatal(err)
		}
		before = pages
		for i := range 400 {
			request := httptest.NewRequest("GET", "/", nil)
			request.Host = fmt.Sprintf("%d-%d", reload, i)
			handler.ServeHTTP(httptest.NewRecorder(), request)
		}
		pages.Retire(nil)
	}
	if n := before.Kept(); n == 0 || n > 20_000 {
		t.Errorf("%d series are kept", n)
	}
	// What is no stranger's name is there for ever.
	r := newRouter(t, "outgoing", names)
	s := serve(t, admin.Config{Routers: []*router.Router{r}, Servers: []admin.Server{{Handler: newServer(t, r, "127.0.0.1/4140")}}, Before: before})
	if got := s.get(t, "/metrics").body; !strings.Contains(got, "rt:server:requests{rt=\"outgoing\",server=\"127.0.0.1/4140\"} 8000\n") {
		t.Error("the server's requests are not 8000")
	}
}

// TestHistoryOfHistograms: histograms go on after a reload, too, bucket by bucket.
func TestHistoryOfHistograms(t *testing.T) {
	backend := startReplica(t)
	names := new(resolvetest.Namer)
	names.Bind("/web", backend.Listener.Addr().String())
	var before *admin.Admin
	defer func() { before.Retire(nil) }()
	for reload := range 3 {
		r := newRouter(t, "outgoing", names)
		handler := newServer(t, r, "s")
		pages, err := admin.New(admin.Config{Routers: []*router.Router{r}, Servers: []admin.Server{{Handler: handler}}, Before: before})
		if err != nil {
			t.Fatal(err)
		}
		if before != nil {
			before.Retire(nil)
		}
		before = pages
		t.Cleanup(func() { pages.Retire(nil) })
		hop := httptest.NewServer(handler)
		send(t, hop, "web", "/200")
		send(t, hop, "web", "/200")
		hop.Close()
		s := &site{Server: httptest.NewServer(pages)}
		s.client = s.Client()
		page := s.get(t, "/metrics").body
		s.Close()
		for _, name := range []string{`meshhop_request_duration_seconds_bucket{router="outgoing",service="svc/web",`, `meshhop_attempt_duration_seconds_bucket{client="#/fake/web",router="outgoing",`} {
			if line := fmt.Sprintf("%sstatus_class=\"2XX\",le=\"+Inf\"} %d\n", name, 2*(reload+1)); !strings.Contains(page, line) {
				t.Errorf("after reload %d there is no %s", reload, line)
			}
		}
	}
}
