package dashboard

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// canned is a transport with the cheapest response there is.
type canned struct{}

func (canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}, nil
}

// crowd is a dashboard of a hop that knows so many services, each with a replica set of
// its own, and a hundred that are busy.
type crowd struct {
	*Dashboard
	known *resolvetest.Namer
	send  func(service int)
}

func newCrowd(tb testing.TB, services int, cache router.CacheConfig) *crowd {
	names := new(resolvetest.Namer)
	interpreter, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: names}}})
	if err != nil {
		tb.Fatal(err)
	}
	r, err := router.New(router.Config{
		Label: "outgoing", Dtab: resolve.MustDtab("/svc => /#/fake"), Interpreter: interpreter,
		Cache:        cache,
		NewTransport: func(resolve.Address, router.TransportConfig) http.RoundTripper { return canned{} },
	})
	if err != nil {
		tb.Fatal(err)
	}
	hop, err := proxy.New(proxy.Config{Router: r, ServiceName: "127.0.0.1/4140"})
	if err != nil {
		tb.Fatal(err)
	}
	d, err := New(Config{Routers: []*router.Router{r}, Servers: []Server{{Name: "127.0.0.1/4140", Handler: hop}},
		Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/fake"), Namer: names}}, Started: time.Now()})
	if err != nil {
		tb.Fatal(err)
	}
	d.Start()
	tb.Cleanup(func() {
		d.Close()
		if err := r.Close(); err != nil {
			tb.Error(err)
		}
	})
	c := &crowd{d, names, func(i int) {
		in := httptest.NewRequest("GET", "/", nil)
		in.Host = fmt.Sprintf("s%05d", i)
		hop.ServeHTTP(httptest.NewRecorder(), in)
	}}
	for i := range services {
		names.Bind(fmt.Sprintf("/s%05d", i), "10.0.0.1:80")
		c.send(i)
	}
	return c
}

// busy has a second pass in which the busy services get requests.
func (c *crowd) busy() {
	for i := range 100 {
		c.send(i)
	}
}

// TestNamesThatLeave: a name that has left its cache leaves the lists, and what was known
// of it; its router's counters go on.
func TestNamesThatLeave(t *testing.T) {
	c := newCrowd(t, 20, router.CacheConfig{Paths: 5, Clients: 5})
	for range 2 * sweepEvery {
		c.history.pass(time.Now())
	}
	v := c.history.now.Load().routers[0]
	if len(v.services) != 5 || len(v.clients) != 5 || v.success != 20 {
		t.Fatalf("%d services and %d clients after %d requests", len(v.services), len(v.clients), v.success)
	}
	left := map[string]bool{}
	for _, s := range c.config.Routers[0].ServiceStats() {
		left[s.Name.String()] = true
	}
	for _, one := range v.services {
		if !left[one.name] || c.history.viewOf(one.key) == nil {
			t.Errorf("%s is shown, of %v", one.name, left)
		}
	}
	c.history.mu.Lock()
	known := len(c.history.names)
	c.history.mu.Unlock()
	if known != 12 { // with the router and its server
		t.Errorf("%d names are known", known)
	}
	if gone := c.history.viewOf(key{ofService, "outgoing", "/svc/s00000"}); gone != nil {
		t.Errorf("%+v", gone)
	}
	c.send(0)
	c.history.pass(time.Now())
	if back := c.history.viewOf(key{ofService, "outgoing", "/svc/s00000"}); back == nil || back.success != 1 || back.ended != 1 {
		t.Errorf("a name that came back is %+v", back)
	}
}

// TestAddressesOfIdleClients: what the namer says of a client that nobody asks for is seen
// after a while.
func TestAddressesOfIdleClients(t *testing.T) {
	c := newCrowd(t, 100, router.CacheConfig{Paths: 100, Clients: 100})
	id := resolve.MustPath("/#/fake/s00042")
	k := key{ofClient, "outgoing", id.String()}
	c.history.pass(time.Now())
	if v := c.history.viewOf(k); v == nil || v.set != (setView{1, 1, -1}) {
		t.Fatalf("at first %+v", v)
	}
	c.known.Bind("/s00042", "10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80")
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) { // the router follows in a goroutine of its own
		if set, ok := c.config.Routers[0].View().SetOf(id); ok && set.Size == 3 {
			break
		} else if time.Now().After(end) {
			t.Fatalf("%+v, %v", set, ok)
		}
	}
	for range setsEvery + 1 {
		c.history.pass(time.Now())
	}
	if v := c.history.viewOf(k); v.set != (setView{3, 3, -1}) {
		t.Errorf("then %+v", v.set)
	}
}

// TestFirstTick: how long the first requests took is remembered, but not of those before.
func TestFirstTick(t *testing.T) {
	c := newCrowd(t, 1, router.CacheConfig{})
	c.Close()
	before := c.history.times.next
	d, err := New(Config{Routers: c.config.Routers, Servers: c.config.Servers})
	if err != nil {
		t.Fatal(err)
	}
	d.Start()
	defer d.Close()
	for range 2 {
		d.history.pass(time.Now())
	}
	if past := d.history.pastOf(key{ofRouter, "outgoing", "outgoing"}, false); past[0].longest >= 0 || past[0].requests != 0 || before != c.history.times.next {
		t.Errorf("a request before the dashboard is %+v", past[0])
	}
	c.send(0)
	d.history.pass(time.Now())
	longest := float32(-1)
	for _, p := range d.history.pastOf(key{ofRouter, "outgoing", "outgoing"}, false) {
		longest = max(longest, p.longest)
	}
	if longest < 0 {
		t.Error("the first request took no time")
	}
}

// TestFirstRequest: the one that comes right after the start counts.
func TestFirstRequest(t *testing.T) {
	c := newCrowd(t, 1, router.CacheConfig{})
	c.history.pass(time.Now())
	for _, k := range []key{{ofRouter, "outgoing", "outgoing"}, {ofServer, "outgoing", "127.0.0.1/4140"}} {
		past := c.history.pastOf(k, false)
		if len(past) == 0 || past[len(past)-1].longest < 0 && past[0].longest < 0 {
			t.Errorf("%v: %+v", k, past)
		}
	}
}
