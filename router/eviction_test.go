package router_test

import (
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router"
)

// requestsOf is how many requests a replica set has had by its counters, which
// begin anew with a new client; 0 where there is none.
func (f *fixture) requestsOf(id string) uint64 {
	for _, c := range f.ClientStats() {
		if c.ID.String() == id {
			return c.Requests
		}
	}
	return 0
}

// TestTheLeastLatelyUsedMakesRoom: not one that is used much, whatever else was
// used since the cache was last short of room.
func TestTheLeastLatelyUsedMakesRoom(t *testing.T) {
	f := start(t, func(c *router.Config) { c.Cache = router.CacheConfig{Clients: 3} })
	ask := func(name string, times int) {
		t.Helper()
		f.names.Bind("/"+name, "10.0.0.1:80")
		for range times {
			f.mustAsk(t, request(t, name))
		}
	}
	ask("hot", 1)
	ask("b", 2)
	ask("c", 2)
	ask("hot", 1000)
	ask("d", 1)
	for id, want := range map[string]uint64{"hot": 1001, "b": 0, "c": 2, "d": 1} {
		if got := f.requestsOf("/#/fake/" + id); got != want {
			t.Errorf("%s has %d requests by its counters, want %d", id, got, want)
		}
	}
}

// TestFloodOfRefusedSets: sets that take no connection, each asked several times by
// the requeues of one request, do not push out one that is asked now and then.
func TestFloodOfRefusedSets(t *testing.T) {
	const bound = 20
	f := start(t, func(c *router.Config) {
		c.Cache = router.CacheConfig{Clients: bound}
		c.NewTransport = func(a resolve.Address, _ router.TransportConfig) http.RoundTripper {
			return canned(func(*http.Request) (*http.Response, error) {
				if a.AddrPort.Port() != 80 {
					return nil, refused()
				}
				return answer(200, ""), nil
			})
		}
	})
	f.names.Bind("/web", "10.0.0.1:80")
	asked := uint64(0)
	for i := range 10 * bound {
		if i%(bound/2) == 0 {
			f.mustAsk(t, request(t, "web"))
			asked++
		}
		name := fmt.Sprintf("n%d", i)
		f.names.Bind("/"+name, "10.0.0.1:1")
		f.failure(t, request(t, name))
	}
	if got := f.requestsOf("/#/fake/web"); got != asked {
		t.Errorf("the set in use has %d requests by its counters, want %d", got, asked)
	}
}

// TestOneClientForASet: after any number of floods the names of one set share one
// client, so that its bounds are bounds.
func TestOneClientForASet(t *testing.T) {
	const rounds, bound = 5, 8
	var now, most atomic.Int64
	arrived, let := make(chan bool, rounds), make(chan bool)
	addr := backend(t, func(w http.ResponseWriter, r *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		defer now.Add(-1)
		if r.URL.Path == "/wait" {
			arrived <- true
			<-let
		}
	})
	f := start(t, sockets, func(c *router.Config) {
		c.Cache = router.CacheConfig{Clients: bound}
		c.Transport.MaxConns = 1
	})
	f.names.Bind("/set", addr)
	ask := func(host, path string) {
		r := request(t, host)
		r.URL.Path = path
		f.mustAsk(t, r)
	}
	for round := range rounds {
		for i := range 2 * bound { // a flood
			name := fmt.Sprintf("stranger%d-%d", round, i)
			f.names.Bind("/"+name, "127.0.0.1:1")
			f.failure(t, request(t, name))
		}
		f.names.Set(fmt.Sprintf("/name%d", round), "/#/fake/set")
		ask(fmt.Sprintf("name%d", round), "/") // a new name of the set
		var all sync.WaitGroup
		for i := range round + 1 { // all names that it has had so far, at once
			all.Go(func() { ask(fmt.Sprintf("name%d", i), "/wait") })
		}
		<-arrived
		for most.Load() == 1 && waiters(f) < round { // the others come, or wait for the connection
			time.Sleep(time.Millisecond)
		}
		let <- true
		for range round {
			<-arrived
			let <- true
		}
		all.Wait()
	}
	if most.Load() != 1 {
		t.Errorf("%d requests were at the backend at a time over one connection at most", most.Load())
	}
}

// waiters is how many requests wait for a connection.
func waiters(f *fixture) (n int) {
	for _, c := range f.ClientStats() {
		if c.Connections != nil {
			n += c.Connections.Waiters
		}
	}
	return n
}

// TestRetiredClientsAreNotUsed: a name whose replica set left the cache reaches it
// anew, and not over what was closed.
func TestRetiredClientsAreNotUsed(t *testing.T) {
	transports := &closers{}
	f := start(t, func(c *router.Config) {
		c.Cache = router.CacheConfig{Clients: 1}
		c.NewTransport = transports.open
	})
	for _, name := range []string{"a", "b"} {
		f.names.Bind("/"+name, "10.0.0.1:80")
	}
	for range 3 {
		f.mustAsk(t, request(t, "a")) // both names stay bound all the time
		f.mustAsk(t, request(t, "b"))
	}
	if made, closed := transports.counts(); made != 6 || closed != 5 {
		t.Errorf("%d transports made, %d closed", made, closed)
	}
}

// TestLongAnswersDoNotExpire: what a request holds does not, however long.
func TestLongAnswersDoNotExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		transports := &closers{}
		f := start(t, func(c *router.Config) {
			c.Cache.IdleTTL = time.Minute
			c.NewTransport = transports.open
		})
		f.names.Bind("/web", "10.0.0.1:80")
		resp, err := f.RoundTrip(request(t, "web"))
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		f.mustAsk(t, request(t, "web"))
		if made, closed := transports.counts(); made != 1 || closed != 0 {
			t.Errorf("%d transports made, %d closed", made, closed)
		}
		resp.Body.Close()
		time.Sleep(time.Hour)
		synctest.Wait()
		if _, closed := transports.counts(); closed != 1 {
			t.Error("it did not expire after all")
		}
	})
}
