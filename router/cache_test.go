package router_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// TestFlood: random names do not push out those that are asked for again and
// again, and no more are kept than may be.
func TestFlood(t *testing.T) {
	const bound, hot = 50, 10
	f := start(t, func(c *router.Config) { c.Cache = router.CacheConfig{Paths: bound, Clients: bound} })
	all := make([]*http.Request, hot)
	for i := range all {
		name := fmt.Sprintf("hot%d", i)
		f.names.Bind("/"+name, "10.0.0.1:80")
		all[i] = request(t, name)
		f.mustAsk(t, all[i])
	}
	before := f.Stats()
	if before.Paths.Misses != hot || before.Clients.Misses != hot {
		t.Fatalf("%+v", before)
	}
	// A name that is asked for before as many strangers came as there is room
	// for is kept.
	for i := range 1000 {
		name := fmt.Sprintf("stranger%d", i)
		if i%2 == 0 {
			f.names.Bind("/"+name, "10.0.0.2:80") // with a replica set of its own
			f.mustAsk(t, request(t, name))
		} else {
			f.failure(t, request(t, name))
		}
		if i%5 == 0 {
			for _, r := range all {
				f.mustAsk(t, r)
			}
		}
		stats := f.Stats()
		if stats.Paths.Size > bound || stats.Clients.Size > bound {
			t.Fatalf("%+v", stats)
		}
	}
	misses := f.Stats().Paths.Misses
	for _, r := range all {
		f.mustAsk(t, r)
	}
	after := f.Stats()
	if after.Paths.Misses != misses || misses != hot+1000 {
		t.Errorf("of the hot names some were dropped: %+v", after)
	}
	if after.Clients.Misses != hot+500 {
		t.Errorf("of the hot replica sets some were dropped: %+v", after)
	}
	if after.Paths.Evicts != after.Paths.Misses-bound || after.Paths.Oneshots != after.Paths.Evicts {
		t.Errorf("%+v", after)
	}
	requests := map[string]uint64{}
	for _, c := range f.ClientStats() {
		requests[c.ID.String()] = c.Requests
	}
	for i := range hot {
		if got := requests[fmt.Sprintf("/#/fake/hot%d", i)]; got != 202 {
			t.Errorf("hot%d was asked %d times by its counters", i, got)
		}
	}
}

// TestLocalDtabIsPartOfTheKey: the same name with another dtab is another.
func TestLocalDtabIsPartOfTheKey(t *testing.T) {
	f := start(t)
	f.names.Bind("/web", "10.0.0.1:80")
	f.names.Bind("/other", "10.0.0.2:80")
	for range 3 {
		if got := f.mustAsk(t, request(t, "web")); got != "10.0.0.1:80" {
			t.Errorf("got %s", got)
		}
		r := request(t, "web")
		r.Header.Set("l5d-dtab", "/svc/web =>   /#/fake/other ;")
		if got := f.mustAsk(t, r); got != "10.0.0.2:80" {
			t.Errorf("got %s", got)
		}
	}
	if stats := f.Stats(); stats.Paths.Misses != 2 || stats.Clients.Misses != 2 {
		t.Errorf("%+v", stats)
	}
}

// TestIdleNamesExpire: what is used stays, with its counters; what is not used
// goes, and its connections are closed.
func TestIdleNamesExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ttl = time.Minute
		transports := &closers{}
		f := start(t, func(c *router.Config) {
			c.Cache.IdleTTL = ttl
			c.NewTransport = transports.open
		})
		for _, name := range []string{"busy", "idle"} {
			f.names.Bind("/"+name, "10.0.0.1:80")
			f.mustAsk(t, request(t, name))
		}
		time.Sleep(ttl - time.Second)
		synctest.Wait()
		if stats := f.Stats(); stats.Paths.Size != 2 || stats.Clients.Size != 2 {
			t.Errorf("expired early: %+v", stats)
		}
		asked := 1
		for range 40 {
			f.mustAsk(t, request(t, "busy"))
			asked++
			time.Sleep(ttl / 4)
		}
		stats := f.Stats()
		if stats.Paths.Size != 1 || stats.Clients.Size != 1 || stats.Paths.Expires != 1 || stats.Clients.Expires != 1 {
			t.Errorf("%+v", stats)
		}
		if stats.Paths.Oneshots != 1 || stats.Clients.Oneshots != 1 {
			t.Errorf("%+v", stats)
		}
		if clients := f.ClientStats(); len(clients) != 1 || clients[0].Requests != uint64(asked) {
			t.Errorf("%+v, want %d requests", clients, asked)
		}
		if made, closed := transports.counts(); made != 2 || closed != 1 {
			t.Errorf("%d transports made, %d closed", made, closed)
		}
		time.Sleep(ttl + ttl/5)
		synctest.Wait()
		if stats := f.Stats(); stats.Paths.Size != 0 || stats.Clients.Size != 0 {
			t.Errorf("did not expire: %+v", stats)
		}
		if _, closed := transports.counts(); closed != 2 {
			t.Errorf("%d closed", closed)
		}
		f.mustAsk(t, request(t, "idle")) // and comes back
	})
}

// TestStatsDoNotKeepNames: that somebody watches counters is no use.
func TestStatsDoNotKeepNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := start(t, func(c *router.Config) { c.Cache.IdleTTL = time.Minute })
		f.names.Bind("/web", "10.0.0.1:80")
		f.mustAsk(t, request(t, "web"))
		for range 80 {
			time.Sleep(time.Second)
			f.ClientStats()
		}
		if stats := f.Stats(); stats.Paths.Size != 0 || stats.Clients.Size != 0 {
			t.Errorf("%+v", stats)
		}
	})
}

// TestAnswersOutliveTheirNames: a replica set whose answer is being read keeps its
// place, also where there is none for another one. That one goes again when its
// request ends, and a request for the first meanwhile meets the same.
func TestAnswersOutliveTheirNames(t *testing.T) {
	transports := &closers{}
	f := start(t, func(c *router.Config) {
		c.Cache = router.CacheConfig{Paths: 1, Clients: 1}
		c.NewTransport = transports.open
	})
	f.names.Bind("/web", "10.0.0.1:80")
	f.names.Bind("/other", "10.0.0.2:80")
	resp, err := f.RoundTrip(request(t, "web"))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		f.mustAsk(t, request(t, "other"))
		f.mustAsk(t, request(t, "web"))
	}
	if made := transports.made("10.0.0.1:80"); len(made) != 1 || made[0].closed.Load() {
		t.Errorf("%d transports to the set in use, closed: %v", len(made), made[0].closed.Load())
	}
	for _, other := range transports.made("10.0.0.2:80") {
		if !other.closed.Load() {
			t.Error("a set beyond the bound was kept after its request")
		}
	}
	if s := f.Stats().Clients; s.Size != 1 || s.Overflows == 0 {
		t.Errorf("%+v", s)
	}
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	f.mustAsk(t, request(t, "other")) // now there is room
	if made := transports.made("10.0.0.1:80"); !made[0].closed.Load() {
		t.Error("a set that is not in use was not closed when there was no room")
	}
}

// closers makes transports that know when they were closed, and complain when
// they are used after that.
type closers struct {
	mu  sync.Mutex
	all []*closer
}

func (c *closers) open(a resolve.Address, _ router.TransportConfig) http.RoundTripper {
	one := &closer{text: a.AddrPort.String()}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, one)
	return one
}

// made are the transports to an address.
func (c *closers) made(addr string) (made []*closer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.all {
		if one.text == addr {
			made = append(made, one)
		}
	}
	return made
}

func (c *closers) counts() (made, closed int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range c.all {
		if one.closed.Load() {
			closed++
		}
	}
	return len(c.all), closed
}

type closer struct {
	text   string
	closed atomic.Bool
}

var errUsedAfterClose = errors.New("used after it was closed")

func (c *closer) RoundTrip(*http.Request) (*http.Response, error) {
	if c.closed.Load() {
		return nil, errUsedAfterClose
	}
	return answer(200, c.text), nil
}

func (c *closer) CloseIdleConnections() { c.closed.Store(true) }

// TestEvictionUnderLoad drops names all the time while requests use them; none
// may find its client closed.
func TestEvictionUnderLoad(t *testing.T) {
	transports := &closers{}
	f := start(t, func(c *router.Config) {
		c.Cache = router.CacheConfig{Paths: 3, Clients: 2, IdleTTL: 10 * time.Millisecond}
		c.NewTransport = transports.open
	})
	const sets = 12
	for i := range sets {
		f.names.Bind(fmt.Sprintf("/n%d", i), fmt.Sprintf("10.0.0.%d:80", i))
	}
	var workers sync.WaitGroup
	for w := range 8 {
		workers.Go(func() {
			for i := range 400 {
				n := (i*(w+1) + w) % sets
				got, err := f.ask(request(t, fmt.Sprintf("n%d", n)))
				if want := fmt.Sprintf("10.0.0.%d:80", n); err != nil || got != want {
					t.Errorf("n%d: %q, %v", n, got, err)
					return
				}
			}
		})
	}
	workers.Wait()
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if made, closed := transports.counts(); made != closed || made < sets {
		t.Errorf("%d transports made, %d closed", made, closed)
	}
	if stats := f.Stats(); stats.Paths.Size != 0 || stats.Clients.Size != 0 || stats.Pending != 0 {
		t.Errorf("%+v", stats)
	}
}

// TestChurn changes what names mean, where their replicas are and whether
// namers answer at all, hundreds of times, with eviction and real connections.
// At every moment each name has a replica, so no request may fail.
func TestChurn(t *testing.T) {
	f := start(t, sockets, func(c *router.Config) {
		c.Cache = router.CacheConfig{Paths: 4, Clients: 4, IdleTTL: 20 * time.Millisecond}
	})
	var addrs []string
	for range 3 {
		addrs = append(addrs, backend(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "ok") }))
	}
	const sets = 6
	for i := range sets {
		f.names.Bind(fmt.Sprintf("/set%d", i), addrs[i%len(addrs)])
		f.names.Set(fmt.Sprintf("/name%d", i), fmt.Sprintf("/#/fake/set%d", i))
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var workers sync.WaitGroup
	for w := range 6 {
		workers.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if got, err := f.ask(request(t, fmt.Sprintf("name%d", (i+w)%sets))); err != nil || got != "ok" {
					t.Errorf("%q, %v", got, err)
					return
				}
			}
		})
	}
	for i := range 300 {
		set := fmt.Sprintf("/set%d", i%sets)
		switch i % 4 {
		case 0:
			f.names.Bind(set, addrs[i%3], addrs[(i+1)%3])
		case 1:
			f.names.Bind(set, addrs[i%3])
		case 2:
			f.names.Set(fmt.Sprintf("/name%d", i%sets), fmt.Sprintf("/#/fake/set%d & 2 * /#/fake/set%d", (i+1)%sets, (i+2)%sets))
		case 3:
			f.names.Set(fmt.Sprintf("/name%d", i%sets), fmt.Sprintf("/#/fake/nobody | /#/fake/set%d", i%5))
		}
	}
	stop()
	workers.Wait()
	if pending := f.Stats().Pending; pending != 0 {
		t.Errorf("%d pending", pending)
	}
}

// TestClose: requests in flight finish, later ones fail, and nothing is left.
func TestClose(t *testing.T) {
	leak := goleak.IgnoreCurrent()
	transports := &closers{}
	f := start(t, func(c *router.Config) { c.NewTransport = transports.open })
	f.names.Bind("/web", "10.0.0.1:80")
	resp, err := f.RoundTrip(request(t, "web"))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(f.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	if failed := f.failure(t, request(t, "web")); failed.Kind != router.Closed || failed.Dst.String() != "/svc/web" {
		t.Errorf("%v", failed)
	}
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "10.0.0.1:80" {
		t.Errorf("%q, %v", body, err)
	}
	resp.Body.Close()
	if _, closed := transports.counts(); closed != 1 {
		t.Error("the transport was not closed at the end")
	}
	goleak.VerifyNone(t, leak)
}

// TestCloseEndsObservation: a closed router observes nothing any more.
func TestCloseEndsObservation(t *testing.T) {
	var binds, addrs atomic.Int64
	counted := func(n *atomic.Int64) func(context.Context) {
		return func(ctx context.Context) {
			n.Add(1)
			<-ctx.Done()
			n.Add(-1)
		}
	}
	bound := &resolve.Bound{ID: resolve.MustPath("/#/any"), Addr: resolve.NewActivity(
		func(ctx context.Context, set func(resolve.State[resolve.Replicas])) {
			set(resolve.State[resolve.Replicas]{Status: resolve.OK, Value: resolve.Replicas{Addresses: []resolve.Address{{Weight: 1}}}})
			counted(&addrs)(ctx)
		})}
	synctest.Test(t, func(t *testing.T) {
		f := start(t, func(c *router.Config) {
			c.Interpreter = interpreterFunc(func(resolve.Dtab, resolve.Path) *resolve.Activity[resolve.NameTree[*resolve.Bound]] {
				return resolve.NewActivity(func(ctx context.Context, set func(resolve.State[resolve.NameTree[*resolve.Bound]])) {
					set(resolve.State[resolve.NameTree[*resolve.Bound]]{Status: resolve.OK, Value: resolve.LeafOf(bound)})
					counted(&binds)(ctx)
				})
			})
		})
		for i := range 5 {
			f.mustAsk(t, request(t, fmt.Sprintf("n%d", i)))
		}
		synctest.Wait()
		if binds.Load() != 5 || addrs.Load() != 1 {
			t.Errorf("%d names and %d sets are observed", binds.Load(), addrs.Load())
		}
		f.Close()
		synctest.Wait()
		if binds.Load() != 0 || addrs.Load() != 0 {
			t.Errorf("%d names and %d sets are observed after all", binds.Load(), addrs.Load())
		}
	})
}

// TestCloseDuringRequests: each request either is answered or fails because
// the router is closed.
func TestCloseDuringRequests(t *testing.T) {
	for round := range 30 {
		f := start(t)
		for i := range 20 {
			f.names.Bind(fmt.Sprintf("/n%d", i), "10.0.0.1:80")
		}
		var workers sync.WaitGroup
		answered := make(chan struct{}, 100)
		for w := range 4 {
			workers.Go(func() {
				for i := range 20 {
					_, err := f.ask(request(t, fmt.Sprintf("n%d", (i+w*5)%20)))
					if err == nil {
						answered <- struct{}{}
					} else if failed := asError(t, err); failed.Kind != router.Closed {
						t.Errorf("%v", failed)
					}
				}
			})
		}
		for range round { // so many are answered before it is closed
			<-answered
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
		workers.Wait()
	}
}
