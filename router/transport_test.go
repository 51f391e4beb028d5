package router_test

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/h1"
)

// eachTransport tests the two clients that a router can have.
func eachTransport(t *testing.T, test func(t *testing.T, newTransport func(resolve.Address, router.TransportConfig) http.RoundTripper)) {
	t.Run("h1", func(t *testing.T) { test(t, router.H1Transport) })
	t.Run("net/http", func(t *testing.T) { test(t, router.HTTPTransport) })
}

// at starts a server and returns its address.
func at(t *testing.T, handler http.HandlerFunc) resolve.Address {
	return resolve.Address{AddrPort: netip.MustParseAddrPort(backend(t, handler)), Weight: 1}
}

func ask(t *testing.T, rt http.RoundTripper) {
	t.Helper()
	resp, err := rt.RoundTrip(request(t, "web"))
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		t.Error(err)
	}
}

// TestHostOfTheURL: a request without a Host names that of its URL, and not the endpoint.
func TestHostOfTheURL(t *testing.T) {
	eachTransport(t, func(t *testing.T, newTransport func(resolve.Address, router.TransportConfig) http.RoundTripper) {
		hosts := make(chan string, 1)
		rt := newTransport(at(t, func(_ http.ResponseWriter, r *http.Request) { hosts <- r.Host }), router.TransportConfig{})
		defer rt.(interface{ CloseIdleConnections() }).CloseIdleConnections()
		for _, host := range []string{"", "other"} {
			r := request(t, "web")
			r.Host = host
			resp, err := rt.RoundTrip(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			if got, want := <-hosts, cmp.Or(host, "web"); got != want {
				t.Errorf("the server sees %q, want %q", got, want)
			}
		}
	})
}

// TestMaxConns: both clients keep to the bound, use it in full, and let further
// requests wait.
func TestMaxConns(t *testing.T) {
	eachTransport(t, func(t *testing.T, newTransport func(resolve.Address, router.TransportConfig) http.RoundTripper) {
		var mu sync.Mutex
		var begun, now, most int
		count := func(n int) {
			mu.Lock()
			defer mu.Unlock()
			now += n
			most = max(most, now)
		}
		two := make(chan bool)
		address := at(t, func(http.ResponseWriter, *http.Request) {
			count(1)
			defer count(-1)
			mu.Lock()
			if begun++; begun == 2 {
				close(two)
			}
			mu.Unlock()
			<-two
		})
		rt := newTransport(address, router.TransportConfig{MaxConns: 2})
		defer rt.(interface{ CloseIdleConnections() }).CloseIdleConnections()
		const n = 30
		done := make(chan bool)
		for range n {
			go func() {
				ask(t, rt)
				done <- true
			}()
		}
		for range n {
			<-done
		}
		if most != 2 {
			t.Errorf("%d requests at a time", most)
		}
	})
}

// TestIdleTimes: whichever limit is the shorter one, both clients keep to it.
func TestIdleTimes(t *testing.T) {
	const short, long = 10 * time.Millisecond, time.Hour
	eachTransport(t, func(t *testing.T, newTransport func(resolve.Address, router.TransportConfig) http.RoundTripper) {
		r := startReplica(t)
		address := resolve.Address{AddrPort: netip.MustParseAddrPort(r.addr), Weight: 1}
		for _, c := range []router.TransportConfig{
			{IdleTimeout: short},
			{SessionIdleTimeout: short},
			{IdleTimeout: short, SessionIdleTimeout: long},
			{IdleTimeout: long, SessionIdleTimeout: short},
			{IdleTimeout: -1, SessionIdleTimeout: short},
			{IdleTimeout: -1, MaxIdle: -1},
		} {
			ask(t, newTransport(address, c))
			r.awaitClosed(t, "it was idle")
		}
	})
}

// TestRetiredReplicaKeepsNothing: no limit keeps a connection to a replica that
// has left its set, also if that was when a request was under way.
func TestRetiredReplicaKeepsNothing(t *testing.T) {
	for _, underWay := range []bool{false, true} {
		r := startReplica(t)
		f := start(t, sockets, func(c *router.Config) { c.Transport = router.TransportConfig{MinIdle: 5, IdleTimeout: -1} })
		f.names.Bind("/web", r.addr)
		resp, err := f.RoundTrip(request(t, "web"))
		if err != nil {
			t.Fatal(err)
		}
		if underWay {
			f.names.Bind("/web")
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		if !underWay {
			f.names.Bind("/web")
		}
		r.awaitClosed(t, "the replica left the set")
	}
}

// TestTooManyWaiters: the request has not left, the error says why, nobody tries
// again, and the replica is not to blame.
func TestTooManyWaiters(t *testing.T) {
	address := at(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })
	f := start(t, sockets, func(c *router.Config) {
		c.Transport = router.TransportConfig{MaxConns: 1, MaxWaiters: -1}
		c.Services = func(resolve.Path) router.ServicePolicy {
			return router.ServicePolicy{Classifier: router.RetryableAll5XX()}
		}
	})
	f.names.Bind("/web", address.AddrPort.String())
	first, err := f.RoundTrip(request(t, "web"))
	if err != nil {
		t.Fatal(err)
	}
	failed := f.failure(t, request(t, "web"))
	own := (*h1.Error)(nil)
	if failed.Kind != router.RequestFailed || !errors.Is(failed, h1.ErrTooManyWaiters) || !errors.As(failed, &own) || own.Wrote || own.Op != "wait for connection" {
		t.Errorf("%v: %v", failed.Kind, failed)
	}
	for range 9 {
		f.failure(t, request(t, "web"))
	}
	first.Body.Close()
	ask(t, f)
	stats := f.ClientStats()[0]
	if stats.Requests != 12 || stats.Balance.Removals != 0 {
		t.Errorf("%d attempts for 12 requests, and the replica was marked dead %d times", stats.Requests, stats.Balance.Removals)
	}
	if c := stats.Connections; c.TooManyWaiters != 10 || c.Waited != 0 || c.Connects != 1 || c.Open != 1 || c.Idle != 1 {
		t.Errorf("%+v", c)
	}
}

// TestConnectionCountersStay: when a replica leaves its set, its counters do not.
func TestConnectionCountersStay(t *testing.T) {
	a, b := startReplica(t), startReplica(t)
	f := start(t, sockets)
	check := func(connects uint64, open int) {
		t.Helper()
		if c := f.ClientStats()[0].Connections; c.Connects != connects || c.Open != open || c.Idle != open {
			t.Errorf("%+v", c)
		}
	}
	f.names.Bind("/web", a.addr)
	f.mustAsk(t, request(t, "web"))
	check(1, 1)
	f.names.Bind("/web", b.addr)
	a.awaitClosed(t, "the replica left the set")
	check(1, 0) // which the set has then
	f.mustAsk(t, request(t, "web"))
	check(2, 1)

	f = start(t)
	f.names.Bind("/web", "10.0.0.1:1")
	f.mustAsk(t, request(t, "web"))
	if c := f.ClientStats()[0].Connections; c != nil {
		t.Errorf("a transport that does not count: %+v", c)
	}
}

// TestWaitingTakesTime: of the attempt's, as sending would.
func TestWaitingTakesTime(t *testing.T) {
	address := at(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") })
	f := start(t, sockets, func(c *router.Config) {
		c.Clients = func(resolve.Path) router.ClientPolicy {
			return router.ClientPolicy{AttemptTimeout: time.Second / 2, Transport: router.TransportConfig{MaxConns: 1}}
		}
	})
	f.names.Bind("/web", address.AddrPort.String())
	first, err := f.RoundTrip(request(t, "web"))
	if err != nil {
		t.Fatal(err)
	}
	if failed := f.failure(t, request(t, "web")); failed.Kind != router.AttemptTimeout {
		t.Errorf("%v: %v", failed.Kind, failed)
	}
	first.Body.Close()
	ask(t, f)
}

// TestTransportConfigErrors: a limit that makes no sense is an error of New.
func TestTransportConfigErrors(t *testing.T) {
	for field, c := range map[string]router.TransportConfig{
		"Transport.ConnectTimeout":     {ConnectTimeout: -1},
		"Transport.MaxConns":           {MaxConns: -1},
		"Transport.MinIdle":            {MinIdle: -1},
		"Transport.SessionIdleTimeout": {SessionIdleTimeout: -1},
		"Transport.MaxLifetime":        {MaxLifetime: -1},
		"Transport.ReadTimeout":        {ReadTimeout: -1},
		"Transport.WriteTimeout":       {WriteTimeout: -1},
	} {
		_, err := router.New(router.Config{Interpreter: anything(), Transport: c})
		if err == nil || !strings.HasPrefix(err.Error(), "router: Config."+field+" ") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// TestCheckHTTPTransport: what it cannot do is told, and no request passes.
func TestCheckHTTPTransport(t *testing.T) {
	for _, c := range []struct {
		config router.TransportConfig
		want   string
	}{
		{router.TransportConfig{}, ""},
		{router.TransportConfig{ConnectTimeout: 1, MaxConns: 1, MaxIdle: 1, IdleTimeout: 1, SessionIdleTimeout: 1}, ""},
		{router.TransportConfig{MaxLifetime: 1}, "router: HTTPTransport does not support MaxLifetime; H1Transport does"},
		{router.TransportConfig{MaxWaiters: -1, MinIdle: 1}, "router: HTTPTransport does not support MaxWaiters, MinIdle; H1Transport does"},
	} {
		got := ""
		if err := router.CheckHTTPTransport(c.config); err != nil {
			got = err.Error()
			body := &watchedBody{}
			r := request(t, "web")
			r.Body = body
			if _, err := router.HTTPTransport(resolve.Address{}, c.config).RoundTrip(r); err == nil || err.Error() != got || body.closes() != 1 {
				t.Errorf("a request: %v, body closed %d times", err, body.closes())
			}
		}
		if got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}
