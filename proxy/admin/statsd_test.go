package admin_test

import (
	"context"
	"errors"
	"net"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/proxy/admin"
	"github.com/meshhop/meshhop/resolve/resolvetest"
	"github.com/meshhop/meshhop/router"
)

// aggregator adds up what a statsd gets, over a real socket.
type aggregator struct {
	socket net.PacketConn
	over   chan struct{}

	mu     sync.Mutex
	counts map[string]float64
	gauges map[string]float64
}

func startAggregator(t *testing.T) *aggregator {
	t.Helper()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &aggregator{socket: socket, over: make(chan struct{}), counts: map[string]float64{}, gauges: map[string]float64{}}
	go func() {
		defer close(a.over)
		packet := make([]byte, 1<<16)
		for {
			n, _, err := socket.ReadFrom(packet)
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if n > 1400 {
				t.Errorf("a packet of %d bytes", n)
			}
			a.take(t, string(packet[:n]))
		}
	}()
	t.Cleanup(func() { socket.Close(); <-a.over })
	return a
}

func (a *aggregator) take(t testing.TB, packet string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for line := range strings.SplitSeq(packet, "\n") {
		name, rest, _ := strings.Cut(line, ":")
		text, kind, _ := strings.Cut(rest, "|")
		v, err := strconv.ParseFloat(text, 64)
		switch {
		case err == nil && kind == "c" && v > 0:
			a.counts[name] += v
		case err == nil && kind == "g":
			a.gauges[name] = v
		default:
			t.Errorf("a line is %q", line)
		}
	}
}

func (a *aggregator) count(name string) float64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.counts[name]
}

func (a *aggregator) gauge(name string) (v float64, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	v, ok = a.gauges[name]
	return v, ok
}

// until waits until something holds, at most 10 s.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for range 10_000 {
		if holds() {
			return
		}
		<-tick.C
	}
	t.Fatalf("in vain: %s", what)
}

// hopWith is a hop whose Admin sends its metrics.
type hopWith struct {
	router *router.Router
	front  *httptest.Server
	pages  *admin.Admin
}

func startHop(t *testing.T, names *resolvetest.Namer, before *admin.Admin, to ...admin.Statsd) *hopWith {
	t.Helper()
	h := &hopWith{router: newRouter(t, "outgoing", names)}
	handler := newServer(t, h.router, "0.0.0.0/4140")
	h.front = httptest.NewServer(handler)
	t.Cleanup(h.front.Close)
	var err error
	h.pages, err = admin.New(admin.Config{
		Routers: []*router.Router{h.router}, Servers: []admin.Server{{Handler: handler}}, Statsd: to, Before: before,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.pages.Retire(nil) })
	return h
}

// TestStatsd: a statsd gets every event once, through reloads and until the end.
func TestStatsd(t *testing.T) {
	backend := startReplica(t)
	names := new(resolvetest.Namer)
	names.Bind("/web", backend.Listener.Addr().String())
	names.Bind("/old", backend.Listener.Addr().String())
	a := startAggregator(t)
	to := admin.Statsd{Addr: a.socket.LocalAddr().String(), Prefix: "linkerd", Interval: 20 * time.Millisecond}
	const (
		requests = "linkerd.rt.outgoing.server.0_0_0_0.4140.requests"
		service  = "linkerd.rt.outgoing.service.svc.web.requests"
		old      = "linkerd.rt.outgoing.service.svc.old.requests"
		client   = "linkerd.rt.outgoing.client._.fake.web."
	)
	one := startHop(t, names, nil, to)
	for range 3 {
		send(t, one.front, "web", "/200")
	}
	send(t, one.front, "web", "/503")
	until(t, "4 requests", func() bool { return a.count(requests) == 4 && a.count(service) == 4 })
	until(t, "a gauge of the process", func() bool { v, _ := a.gauge("linkerd.jvm.uptime"); return v > 0 })
	until(t, "the quantiles", func() bool {
		_, ok := a.gauge("linkerd.rt.outgoing.service.svc.web.request_latency_ms.p9999")
		return ok
	})
	for name, want := range map[string]float64{"failures": 1, "status.5XX": 1, "request_latency_ms.count": 4, "service.svc.web.requests": 4} {
		until(t, client+name, func() bool { return a.count(client+name) == want })
	}

	// A reload: both count at the same time, and the old one ends with requests that were
	// not sent yet.
	two := startHop(t, names, one.pages, to)
	for range 2 {
		send(t, one.front, "web", "/200")
		send(t, one.front, "old", "/200")
		send(t, two.front, "web", "/200")
	}
	one.front.Close()
	one.pages.Retire(func() { one.router.Close() })
	until(t, "10 requests", func() bool { return a.count(requests) == 10 })
	until(t, "8 and 2 by their names", func() bool { return a.count(service) == 8 && a.count(old) == 2 })

	// A configuration that is refused, and one without a statsd.
	refused := startHop(t, names, two.pages, to)
	refused.pages.Retire(nil)
	send(t, two.front, "web", "/200")
	until(t, "the next request", func() bool { return a.count(requests) == 11 })
	none := startHop(t, names, two.pages)
	send(t, two.front, "web", "/200")
	two.front.Close()
	two.pages.Retire(func() { two.router.Close() })
	until(t, "the last one of it", func() bool { return a.count(requests) == 12 })
	send(t, none.front, "web", "/200")

	// Who is told of later does not get what was before.
	last := startHop(t, names, none.pages, admin.Statsd{Addr: to.Addr, Prefix: "again", Interval: time.Hour})
	none.pages.Retire(nil)
	send(t, last.front, "web", "/200")
	last.front.Close()
	last.pages.Retire(nil) // which sends it
	until(t, "what came at the end", func() bool { return a.count("again.rt.outgoing.server.0_0_0_0.4140.requests") == 1 })
	if got := a.count(requests); got != 12 {
		t.Errorf("%v requests in the end", got)
	}
	if got := a.count(service); got != 10 {
		t.Errorf("%v requests of the service in the end", got)
	}
}

// TestStatsdInterval: all is sent once in the interval, and what is left at the end. A
// statsd that is not there is counted.
func TestStatsdInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var flushes []time.Duration
		began := time.Now()
		dial := func(context.Context, string, string) (net.Conn, error) {
			flushes = append(flushes, time.Since(began))
			return nil, errors.New("nobody is there")
		}
		r := newRouter(t, "outgoing", new(resolvetest.Namer))
		pages, err := admin.New(admin.Config{Routers: []*router.Router{r}, Statsd: []admin.Statsd{{Addr: "statsd:8125", Dial: dial}}})
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(25 * time.Second)
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequest("GET", "http://127.0.0.1/metrics", nil))
		for _, line := range []string{`meshhop_statsd_failures_total{to="statsd:8125"} 2`, `meshhop_statsd_packets_total{to="statsd:8125"} 0`} {
			if !strings.Contains(w.Body.String(), "\n"+line+"\n") {
				t.Errorf("there is no %s", line)
			}
		}
		next, err := admin.New(admin.Config{Statsd: []admin.Statsd{{Addr: "statsd:8125", Dial: dial}}, Before: pages})
		if err != nil {
			t.Fatal(err)
		}
		<-time.After(22 * time.Second)
		pages.Retire(nil)
		pages.Retire(nil)
		<-time.After(9 * time.Second)
		next.Retire(nil)
		<-time.After(time.Minute)
		// The first one, until the second one is there, which is after 25 s; the end of the
		// first; the second.
		want := []time.Duration{10 * time.Second, 20 * time.Second, 35 * time.Second, 45 * time.Second, 47 * time.Second, 55 * time.Second, 56 * time.Second}
		if !slices.Equal(flushes, want) {
			t.Errorf("sent after %v, want %v", flushes, want)
		}
	})
}

// TestStatsdConfig: what is wrong with an address is said at the start.
func TestStatsdConfig(t *testing.T) {
	for want, to := range map[string]admin.Statsd{
		`admin: Config.Statsd[0] has an address that is not host:port: "statsd"`: {Addr: "statsd"},
		`admin: Config.Statsd[0] has a negative interval`:                        {Addr: "statsd:1", Interval: -1},
	} {
		if _, err := admin.New(admin.Config{Statsd: []admin.Statsd{to}}); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
