package router_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/balance"
)

// replica is a real server that counts connections.
type replica struct {
	addr     string
	accepted atomic.Int64
	closed   chan struct{} // gets one for each connection that ends
}

func startReplica(t testing.TB) *replica {
	t.Helper()
	r := &replica{closed: make(chan struct{}, 100)}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, r.addr) }))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			r.accepted.Add(1)
		case http.StateClosed:
			r.closed <- struct{}{}
		}
	}
	r.addr = s.Listener.Addr().String()
	s.Start()
	t.Cleanup(s.Close)
	return r
}

// awaitClosed waits until a connection has ended.
func (r *replica) awaitClosed(t testing.TB, why string) {
	t.Helper()
	select {
	case <-r.closed:
	case <-time.After(10 * time.Second):
		t.Fatal("no connection was closed: " + why)
	}
}

// TestConnectionsAreKept: one after the other, requests share a connection,
// whatever they are called; and a change around a replica does not break it.
func TestConnectionsAreKept(t *testing.T) {
	f := start(t, sockets, func(c *router.Config) { c.Dtab = resolve.MustDtab("/svc/* => /#/fake/web") })
	a, b := startReplica(t), startReplica(t)
	f.names.Bind("/web", a.addr)
	for i := range 20 {
		if got := f.mustAsk(t, request(t, fmt.Sprintf("host%d.example:80", i))); got != a.addr {
			t.Fatalf("answered by %s", got)
		}
	}
	if n := a.accepted.Load(); n != 1 {
		t.Errorf("20 requests made %d connections", n)
	}
	for range 5 {
		f.names.Bind("/web", b.addr, a.addr)
		seen := map[string]bool{}
		for len(seen) < 2 {
			seen[f.mustAsk(t, request(t, "web"))] = true
		}
		f.names.Bind("/web", a.addr)
		b.awaitClosed(t, "the replica left the set")
		if got := f.mustAsk(t, request(t, "web")); got != a.addr {
			t.Errorf("answered by %s, which has left", got)
		}
	}
	if n := a.accepted.Load(); n != 1 {
		t.Errorf("%d connections to the replica that stayed", n)
	}
	if n := b.accepted.Load(); n != 5 {
		t.Errorf("%d connections to the replica that came and went", n)
	}
	if stats := f.ClientStats(); len(stats) != 1 || stats[0].ID.String() != "/#/fake/web" {
		t.Errorf("%+v", stats)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	a.awaitClosed(t, "the router was closed")
}

// TestReplicaLeavesDuringRequest: a request may have chosen a replica just
// before that leaves; its connection does not stay behind.
func TestReplicaLeavesDuringRequest(t *testing.T) {
	begun, goOn := make(chan struct{}, 1), make(chan struct{})
	f := start(t, func(c *router.Config) {
		c.NewTransport = func(a resolve.Address, _ router.TransportConfig) http.RoundTripper {
			return &gated{begun, goOn, router.HTTPTransport(a, router.TransportConfig{})}
		}
	})
	a := startReplica(t)
	f.names.Bind("/web", a.addr)
	for _, leaves := range []func(){
		func() { f.names.Bind("/web", "127.0.0.1:1") },
		func() { f.Close() },
	} {
		f.names.Bind("/web", a.addr)
		for _, c := range f.ClientStats() { // a change is seen soon, not at once
			for c.Endpoints[0].AddrPort.String() != a.addr {
				runtime.Gosched()
				c = f.ClientStats()[0]
			}
		}
		result := make(chan string, 1)
		go func() {
			body, err := f.ask(request(t, "web"))
			if err != nil {
				body = err.Error()
			}
			result <- body
		}()
		<-begun
		leaves()
		goOn <- struct{}{}
		if got := <-result; got != a.addr {
			t.Errorf("got %q", got)
		}
		a.awaitClosed(t, "the replica left while it answered")
	}
}

// gated is a transport that waits before it does anything.
type gated struct {
	begun chan<- struct{}
	goOn  <-chan struct{}
	http.RoundTripper
}

func (g *gated) RoundTrip(r *http.Request) (*http.Response, error) {
	g.begun <- struct{}{}
	<-g.goOn
	return g.RoundTripper.RoundTrip(r)
}

func (g *gated) CloseIdleConnections() {
	g.RoundTripper.(interface{ CloseIdleConnections() }).CloseIdleConnections()
}

// TestStaleSet follows a replica set through the states of its namer.
func TestStaleSet(t *testing.T) {
	type state = resolve.State[resolve.Replicas]
	const a, b = "10.0.0.1:80", "10.0.0.2:80"
	good := func(addrs ...string) state {
		var r resolve.Replicas
		for _, addr := range addrs {
			r.Addresses = append(r.Addresses, address(addr, 1))
		}
		return state{Status: resolve.OK, Value: r}
	}
	failed, pending := state{Status: resolve.Failed, Err: errTest}, state{}
	neg := state{Status: resolve.OK, Value: resolve.Replicas{Neg: true}}
	for _, test := range []struct {
		about  string
		states []state
		want   any // an answer or a kind
	}{
		{"failed after good", []state{good(a), failed}, a},
		{"pending after good", []state{good(a), pending}, a},
		{"both after good", []state{good(a), pending, failed, pending}, a},
		{"good again", []state{good(a), failed, good(b)}, b},
		{"neg after good", []state{good(a), neg}, router.NoReplicas},
		{"empty after good", []state{good(a), good()}, router.NoReplicas},
		{"neg through pending", []state{good(a), neg, pending}, router.NoReplicas},
		{"failed after neg", []state{good(a), neg, failed}, router.BindingFailed},
		{"good after neg", []state{neg, good(a)}, a},
		{"good after failed", []state{failed, good(a)}, a},
		{"failed first", []state{failed}, router.BindingFailed},
		{"the same address twice", []state{good(a, a)}, a},
	} {
		t.Run(test.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := start(t)
				f.names.SetReplicas("/web", test.states[0])
				f.ask(request(t, "web")) // now it is observed
				for _, s := range test.states[1:] {
					synctest.Wait() // each state is seen
					f.names.SetReplicas("/web", s)
				}
				synctest.Wait()
				f.expect(t, "web", test.want)
			})
		})
	}
}

// expect asks for a name and wants either this answer or an error of this kind.
func (f *fixture) expect(t testing.TB, host string, want any) {
	t.Helper()
	got, err := f.ask(request(t, host))
	if err == nil {
		if got != want {
			t.Errorf("answered %s, want %v", got, want)
		}
	} else if kind := asError(t, err).Kind; kind != want {
		t.Errorf("%v, want %v", err, want)
	}
}

// TestStaleName follows a name through what it means.
func TestStaleName(t *testing.T) {
	const a, b = "10.0.0.1:80", "10.0.0.2:80"
	for _, test := range []struct {
		about  string
		change func(*fixture)
		want   any
	}{
		{"fails", func(f *fixture) { f.names.Fail("/name", errTest) }, a},
		{"is pending", func(f *fixture) { f.names.Stall("/name") }, a},
		{"means another set", func(f *fixture) { f.names.Set("/name", "/#/fake/b") }, b},
		{"fails and means another set", func(f *fixture) { f.names.Fail("/name", errTest); f.names.Set("/name", "/#/fake/b") }, b},
		{"is gone", func(f *fixture) { f.names.Remove("/name") }, router.NoReplicas},
		{"means nothing", func(f *fixture) { f.names.Set("/name", "!") }, router.NoReplicas},
		{"is gone and fails", func(f *fixture) { f.names.Remove("/name"); f.names.Fail("/name", errTest) }, router.BindingFailed},
		{"is gone and back", func(f *fixture) { f.names.Remove("/name"); f.names.Set("/name", "/#/fake/a") }, a},
	} {
		t.Run(test.about, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := start(t)
				f.names.Bind("/a", a)
				f.names.Bind("/b", b)
				f.names.Set("/name", "/#/fake/a")
				f.mustAsk(t, request(t, "name"))
				synctest.Wait()
				test.change(f)
				synctest.Wait()
				f.expect(t, "name", test.want)
			})
		})
	}
}

// TestResidualsShareAClient: what a namer left of a name makes no other
// replica set.
func TestResidualsShareAClient(t *testing.T) {
	f := start(t, func(c *router.Config) { c.Identifier = router.PathSegments(2, false) })
	f.names.Bind("/web", "10.0.0.1:80")
	for _, path := range []string{"/web/a", "/web/b", "/web/c"} {
		r := request(t, "host")
		r.URL.Path = path
		f.mustAsk(t, r)
	}
	if stats := f.Stats(); stats.Paths.Misses != 3 || stats.Clients.Misses != 1 {
		t.Errorf("%+v", stats)
	}
	want := []router.ClientStats{{
		ID: resolve.MustPath("/#/fake/web"), Requests: 3, Success: 3,
		Endpoints: []resolve.Address{address("10.0.0.1:80", 1)}, Balance: balance.Stats{Size: 1, Available: 1, Updates: 1, Adds: 1}, Requeues: router.RetryStats{Budget: 100},
		ByStatus: map[int]uint64{200: 3},
	}}
	if diff := cmp.Diff(want, f.ClientStats(), cmp.Comparer(func(a, b resolve.Path) bool { return a == b }),
		cmp.Comparer(func(a, b resolve.Address) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
