package router_test

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

func TestListeners(t *testing.T) {
	own := &router.Listeners{IPs: []netip.Addr{netip.MustParseAddr("192.0.2.77")}}
	has := func(want bool, addrs ...string) {
		t.Helper()
		for _, addr := range addrs {
			if got := own.Have(netip.MustParseAddrPort(addr)); got != want {
				t.Errorf("%s is its own: %v, want %v", addr, got, want)
			}
		}
	}
	has(false, "127.0.0.1:4140", "192.0.2.77:4140")
	forget := own.Add(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4140})
	again := own.Add(&net.TCPAddr{IP: net.IPv6zero, Port: 4140})
	own.Add(&net.UnixAddr{Name: "/socket"})
	has(true, "127.0.0.1:4140", "127.8.0.1:4140", "[::1]:4140", "0.0.0.0:4140", "[::]:4140", "[::ffff:127.0.0.1]:4140", "[::ffff:0.0.0.0]:4140",
		"192.0.2.77:4140", "[::ffff:192.0.2.77]:4140")
	has(false, "127.0.0.1:4141", "192.0.2.78:4140", "10.255.255.254:4140", "[2001:db8::1]:4140")
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, addr := range addrs {
		ip := netip.MustParsePrefix(addr.String()).Addr()
		has(true, netip.AddrPortFrom(ip, 4140).String(), netip.AddrPortFrom(ip.WithZone("eth0"), 4140).String())
	}
	forget()
	forget()
	has(true, "127.0.0.1:4140") // there is another
	again()
	has(false, "127.0.0.1:4140")
	if own.Have(netip.AddrPort{}) || (*router.Listeners)(nil).Have(netip.MustParseAddrPort("127.0.0.1:1")) {
		t.Error("no address, or no listeners")
	}
}

// closedBody says whether a body was closed.
type closedBody struct {
	*strings.Reader
	closed bool
}

func (c *closedBody) Close() error { c.closed = true; return nil }

// withDtab gives a request a dtab of its own.
func withDtab(r *http.Request, dtab string) *http.Request {
	r.Header.Set("l5d-dtab", dtab)
	return r
}

// TestForbidden: a request that may not go where its dtab leads ends with nothing
// held, also after attempts at other replicas of the same set.
func TestForbidden(t *testing.T) {
	own := &router.Listeners{}
	own.Add(&net.TCPAddr{Port: 4140})
	dead := &net.OpError{Op: "dial", Err: errors.New("refused")}
	f := start(t, func(c *router.Config) { c.Listeners = own }, over(func(r *http.Request) (*http.Response, error) { return nil, dead }))
	f.names.Bind("/self", "127.0.0.1:4140")
	f.names.Bind("/mixed", "10.0.0.1:80", "127.0.0.1:4140")
	f.names.Bind("/web", "127.0.0.1:4140")
	for _, name := range []string{"/self", "/mixed"} {
		for range 20 {
			r := withDtab(request(t, "web"), "/svc/web => /#/fake"+name)
			body := &closedBody{Reader: strings.NewReader("body")}
			r.Method, r.Body, r.ContentLength = "POST", body, 4
			_, err := f.ask(r)
			failed := (*router.Error)(nil)
			if !errors.As(err, &failed) || !errors.Is(err, router.Forbidden) || !strings.Contains(err.Error(), "where this proxy itself listens") || failed.Addr != "127.0.0.1:4140" {
				t.Fatalf("%s: %v", name, err)
			}
			if !body.closed {
				t.Fatalf("%s: the body is open", name)
			}
		}
	}
	// The base dtab may.
	if _, err := f.ask(request(t, "web")); !errors.Is(err, router.ConnectFailed) {
		t.Errorf("without a dtab: %v", err)
	}
	for _, s := range f.ClientStats() {
		if s.Pending != 0 {
			t.Errorf("%s: %d attempts in flight", s.ID, s.Pending)
		}
	}
	if s := f.Stats(); s.Pending != 0 || s.Forbidden != 40 {
		t.Errorf("%d in flight, %d forbidden", s.Pending, s.Forbidden)
	}
}

// simple is an interpreter that is no resolve.Overrider.
type simple struct{ resolve.Interpreter }

// TestForeignInterpreter: one that does not know which entries lead where is held
// to the listeners, and not used with rules.
func TestForeignInterpreter(t *testing.T) {
	own := &router.Listeners{}
	own.Add(&net.TCPAddr{Port: 4140})
	f := start(t, func(c *router.Config) { c.Listeners, c.Interpreter = own, simple{c.Interpreter} })
	f.names.Bind("/web", "10.0.0.1:80")
	f.names.Bind("/self", "127.0.0.1:4140")
	for _, test := range []struct {
		host, dtab string
		err        error
	}{
		{"web", "", nil}, {"web", "/x => /y", nil}, {"self", "", nil},
		{"web", "/svc/web => /#/fake/self", router.Forbidden},
		{"self", "/x => /y", router.Forbidden}, // it cannot tell
	} {
		if _, err := f.ask(withDtab(request(t, test.host), test.dtab)); !errors.Is(err, test.err) || (err == nil) != (test.err == nil) {
			t.Errorf("%s with %q: %v", test.host, test.dtab, err)
		}
	}
	local := &inbound.Request{Overrides: &router.Overrides{Deny: []resolve.Prefix{resolve.PrefixOf(resolve.MustPath("/$"))}}}
	local.SetDtab(resolve.MustDtab("/x => /y"))
	r := request(t, "web")
	if _, err := f.ask(r.WithContext(&inbound.Context{Context: r.Context(), Request: local})); !errors.Is(err, router.BindingFailed) || !strings.Contains(err.Error(), "cannot be enforced") {
		t.Errorf("with rules: %v", err)
	}
}

// TestOverridesAreNotShared: what one server allows is not what another of the same
// router gets from the cache.
func TestOverridesAreNotShared(t *testing.T) {
	f := start(t)
	f.names.Bind("/web", "10.0.0.1:80")
	f.names.Bind("/other", "10.0.0.2:80")
	deny := &router.Overrides{Deny: []resolve.Prefix{resolve.PrefixOf(resolve.MustPath("/#/fake/other"))}}
	refuse := &router.Overrides{Deny: deny.Deny, Refuse: true}
	for range 3 {
		for _, test := range []struct {
			rules *router.Overrides
			want  string
		}{{nil, "10.0.0.2:80"}, {deny, "10.0.0.1:80"}, {refuse, ""}, {&router.Overrides{}, "10.0.0.2:80"}} {
			local := &inbound.Request{Overrides: test.rules}
			local.SetDtab(resolve.MustDtab("/svc/web => /#/fake/other"))
			r := request(t, "web")
			got, err := f.ask(r.WithContext(&inbound.Context{Context: r.Context(), Request: local}))
			if got != test.want || errors.Is(err, router.Forbidden) != (test.rules == refuse) {
				t.Errorf("%+v: %q, %v", test.rules, got, err)
			}
		}
	}
	if s := f.Stats(); s.LeftOut != 3 || s.Forbidden != 3 {
		t.Errorf("%d left out, %d forbidden", s.LeftOut, s.Forbidden)
	}
}

// TestUnroutableTellsWhatIsLeftOut: of a request that has nowhere to go without it.
func TestUnroutableTellsWhatIsLeftOut(t *testing.T) {
	f := start(t)
	f.names.Bind("/other", "10.0.0.2:80")
	local := &inbound.Request{Overrides: &router.Overrides{Allow: []resolve.Prefix{resolve.PrefixOf(resolve.MustPath("/$"))}}}
	local.SetDtab(resolve.MustDtab("/svc/web => /#/fake/other"))
	r := request(t, "web")
	_, err := f.ask(r.WithContext(&inbound.Context{Context: r.Context(), Request: local}))
	failed := (*router.Error)(nil)
	if !errors.As(err, &failed) || failed.Kind != router.NoReplicas || !strings.Contains(failed.Explained, "left out, as overrides may not lead there: /svc/web=>/#/fake/other leads to /#/fake/other\n") {
		t.Errorf("%v\n%s", err, failed.Explained)
	}
}
