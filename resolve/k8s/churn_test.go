package k8s_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/internal/k8stest"
	"github.com/meshhop/meshhop/proxy"
	"github.com/meshhop/meshhop/proxy/serve"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/resolve/k8s"
	"github.com/meshhop/meshhop/router"
	"github.com/meshhop/meshhop/router/h1"
)

// churn is a hop before Services whose pods come and go: an API server, pods, a
// router and a proxy that listens.
type churn struct {
	api    k8stest.Server
	client *k8s.Client
	router *router.Router
	server *serve.Server
	pods   *pods
	caller *http.Client
	served chan error
	random *rand.Rand // for changes

	services [][]*pod

	requests, failed atomic.Int64
	mu               sync.Mutex
	faults           []string // the first ones
}

// grace is how long a pod that the API has told to be gone still accepts.
const grace = 300 * time.Millisecond

func startChurn(tb testing.TB, services int, cache router.CacheConfig, only func(*k8stest.Server), front net.Listener, dial func(context.Context, string, string) (net.Conn, error), p *pods) *churn {
	tb.Helper()
	c := &churn{pods: p, served: make(chan error, 1), random: rand.New(rand.NewPCG(5, 3)), services: make([][]*pod, services)}
	only(&c.api)
	for i := range c.services {
		for range 3 {
			c.services[i] = append(c.services[i], p.start(service(i)))
		}
		c.tell(i)
	}
	var err error
	if c.client, err = k8s.NewClient(k8s.ClientConfig{Transport: &c.api}); err != nil {
		tb.Fatal(err)
	}
	n, err := k8s.New(k8s.Config{Client: c.client})
	if err != nil {
		tb.Fatal(err)
	}
	names, err := resolve.New(resolve.Config{Namers: []resolve.Mount{{Prefix: resolve.MustPath("/#/io.l5d.k8s"), Namer: n}}})
	if err != nil {
		tb.Fatal(err)
	}
	c.router, err = router.New(router.Config{
		Interpreter: names, Dtab: resolve.MustDtab("/svc => /#/io.l5d.k8s/default/http"), Cache: cache,
		NewTransport: func(to resolve.Address, _ router.TransportConfig) http.RoundTripper {
			t, err := h1.New(h1.Config{Addr: to.String(), OnlyUnsent: true, Dial: func(ctx context.Context) (net.Conn, error) { return p.dial(ctx, to.AddrPort) }})
			if err != nil {
				tb.Error(err)
			}
			return t
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	h, err := proxy.New(proxy.Config{Router: c.router})
	if err != nil {
		tb.Fatal(err)
	}
	c.server = serve.New(h, serve.Config{})
	go func() { c.served <- c.server.Serve(front) }()
	c.caller = &http.Client{Transport: &http.Transport{DialContext: dial, MaxIdleConnsPerHost: 100}}
	return c
}

func service(i int) string { return fmt.Sprint("s", i) }

// close ends it all.
func (c *churn) close(tb testing.TB) {
	tb.Helper()
	c.caller.CloseIdleConnections()
	if err := c.server.Shutdown(context.Background()); err != nil {
		tb.Error(err)
	}
	<-c.served
	if err := c.router.Close(); err != nil {
		tb.Error(err)
	}
	if err := c.client.Close(); err != nil {
		tb.Error(err)
	}
	c.pods.close()
}

// tell has the API say which pods a Service has.
func (c *churn) tell(i int) {
	var at []string
	for _, one := range c.services[i] {
		at = append(at, one.address.String())
	}
	c.api.Bind("default", service(i), "http", at...)
}

// change has a Service get other pods: one in place of another, all of them, one
// more or one less. Those that are new accept before the API tells of them, and those
// that are gone stop a while after it.
func (c *churn) change(i int) {
	before := slices.Clone(c.services[i])
	gone := 1
	switch n := c.random.IntN(10); {
	case n < 2 && len(before) < 5:
		gone = 0
	case n < 4 && len(before) > 2:
		c.services[i] = slices.Clone(before[1:])
		c.tell(i)
		c.pods.remove(before[0], grace)
		return
	case n == 9:
		gone = len(before)
	}
	c.services[i] = slices.Clone(before[gone:])
	for range max(gone, 1) {
		c.services[i] = append(c.services[i], c.pods.start(service(i)))
	}
	c.tell(i)
	for _, one := range before[:gone] {
		c.pods.remove(one, grace)
	}
}

// request asks for a Service through the hop. The pods close the connection after
// it if it is the only one.
func (c *churn) request(ctx context.Context, i int, method string, only bool) {
	var body io.Reader
	if method == http.MethodPost {
		body = strings.NewReader("something")
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://hop/", body)
	if err != nil {
		panic(err)
	}
	r.Host = service(i)
	if only {
		r.Header.Set("Once", "yes")
	}
	c.requests.Add(1)
	resp, err := c.caller.Do(r)
	if err != nil {
		c.fault("%s %s: %v", method, service(i), err)
		return
	}
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK || string(text) != service(i) {
		c.fault("%s %s: %d %.300s, %v", method, service(i), resp.StatusCode, text, err)
	}
}

func (c *churn) fault(format string, args ...any) {
	c.failed.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.faults) < 5 {
		c.faults = append(c.faults, fmt.Sprintf(format, args...))
	}
}

// ask has callers send requests to all Services, with pauses, until it is stopped.
func (c *churn) ask(callers int, pause func(*rand.Rand) time.Duration) (stop func()) {
	done := make(chan struct{})
	var all sync.WaitGroup
	for n := range callers {
		all.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(n)))
			for {
				select {
				case <-done:
					return
				default:
				}
				method := http.MethodGet
				if random.IntN(10) == 0 {
					method = http.MethodPost
				}
				c.request(context.Background(), random.IntN(len(c.services)), method, false)
				if d := pause(random); d > 0 {
					time.Sleep(d)
				}
			}
		})
	}
	return func() {
		close(done)
		all.Wait()
	}
}

// report fails for each request that failed.
func (c *churn) report(tb testing.TB) {
	tb.Helper()
	if n := c.failed.Load(); n > 0 {
		tb.Errorf("%d of %d requests failed, such as %q", n, c.requests.Load(), c.faults)
	}
}

// TestChurn: requests through a hop to Services whose pods are replaced all the
// time. None of them fails, none waits for a pod that has stopped, and none goes to
// one that has been removed for longer than an instant; also where there are more
// Services than the router keeps.
func TestChurn(t *testing.T) {
	sources(t, func(t *testing.T, only func(*k8stest.Server)) {
		synctest.Test(t, func(t *testing.T) { testChurn(t, router.CacheConfig{}, only) })
	})
	t.Run("few kept", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			testChurn(t, router.CacheConfig{Paths: 40, Clients: 40}, func(*k8stest.Server) {})
		})
	})
}

func testChurn(t *testing.T, cache router.CacheConfig, only func(*k8stest.Server)) {
	const services, changes = 200, 1000
	var slow atomic.Int64
	p := newPods(50*time.Millisecond, func() time.Duration {
		if n := slow.Add(1); n%10 == 0 {
			return 400 * time.Millisecond // longer than the pod accepts
		}
		return time.Millisecond
	})
	front := newMemory()
	c := startChurn(t, services, cache, only, front, func(ctx context.Context, _, _ string) (net.Conn, error) {
		return front.dial(ctx, func(c net.Conn) net.Conn { return c })
	}, p)
	stop := c.ask(40, func(r *rand.Rand) time.Duration { return time.Duration(r.IntN(10)) * time.Millisecond })
	for range changes {
		c.change(c.random.IntN(services))
		time.Sleep(time.Duration(c.random.IntN(10)) * time.Millisecond)
	}
	stop()
	c.report(t)
	if late, refused := p.late.Load(), p.refused.Load(); late+refused > 0 {
		t.Errorf("%d requests came to pods that were removed, %d connections were refused", late, refused)
	}
	if c.requests.Load() < changes || c.pods.made < services*3+changes/2 {
		t.Errorf("only %d requests, to %d pods", c.requests.Load(), c.pods.made)
	}
	t.Logf("%d requests, %d pods", c.requests.Load(), c.pods.made)
	time.Sleep(time.Second) // the last pods stop
	c.close(t)
}
