// Package router sends a request to an endpoint of the service that it names.
//
// A [Router] is an [http.RoundTripper]. It gives the request a name, looks up what that
// name is bound to now, picks an endpoint and sends the request there, with Linkerd's
// context headers and a client span:
//
//	r, err := router.New(router.Config{
//		Dtab:        resolve.MustDtab("/svc => /#/io.l5d.fs"),
//		Interpreter: interpreter,
//	})
//	...
//	client := &http.Client{Transport: r}
//	resp, err := client.Get("http://hello/") // goes to an endpoint of /#/io.l5d.fs/hello
//
// Names are looked up in the background. A request only samples the result, and waits
// only for a name that was never looked up. A router can serve a proxy.Handler, or be
// the transport of a service's own client.
//
// A request goes through a stack of stages, each of which has one concern: deadline,
// retries, binding, requeues, the choice of an endpoint, span, failure accrual and so on.
// The file stage.go lists them, in their order. A program puts stages of its own among
// them with [Config].Stages.
//
// A request is sent again in two layers, as in Linkerd. A request that no endpoint has
// seen, or that one refused unread, goes to the same replica set at once. A request whose
// attempt the classifier counts as a retryable failure starts over with its name. A
// budget for each service and each replica set bounds both, and
// [ServicePolicy].MaxRetries bounds what one request may cost.
package router

import (
	"context"
	"hash/maphash"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/hopspan"
	"github.com/meshhop/meshhop/internal/inbound"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/trace"
)

// A Router is an [http.RoundTripper] that chooses the endpoint of each request. Make
// one with [New]; it is safe for concurrent use.
type Router struct {
	config Config
	hop    *hopspan.Hop // config.Hop with its methods
	lends  bool         // see lent.go
	base   atomic.Pointer[baseDtab]

	bindings  *cache[dst, *binding]
	clients   *cache[resolve.Path, *client]
	dtabs     *inbound.Dtabs // of requests
	services  services
	names     names
	pairs     pairs
	watching  sync.Mutex // one watch at a time
	bodies    bodyPool
	exchanges sync.Pool // of *exchange, as GiveBack leaves them

	closed     atomic.Bool
	closing    <-chan struct{} // closed by Close
	background sync.WaitGroup
	cancel     context.CancelFunc
	leaveBase  func()

	born   time.Time
	stats  routerCounters
	stages stage
}

// New returns a router with the given configuration. The caller must close it.
func New(config Config) (*Router, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, err
	}
	r := &Router{config: config, hop: (*hopspan.Hop)(config.Hop), lends: config.lends(), born: time.Now()}
	r.stages = &counting{&r.stats.counters, &receive{r, &serverSpan{r, &identify{r}}}}
	r.names.seed = maphash.MakeSeed()
	r.pairs.init()
	r.services.all = map[resolve.Path]*service{}
	r.bindings = newCache[dst, *binding](config.Cache.Paths)
	r.clients = newCache[resolve.Path, *client](config.Cache.Clients)
	r.dtabs = inbound.NewDtabs()
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel, r.closing = cancel, ctx.Done()
	r.leaveBase = r.followBase()
	r.background.Go(func() { r.sweep(ctx) })
	return r, nil
}

// sweep drops what is idle from the caches and has idle clients rest, a tenth of the
// shorter of the two times at a time.
func (r *Router) sweep(ctx context.Context) {
	ttl := r.config.Cache.IdleTTL
	ticker := time.NewTicker(max(min(ttl, restAfter)/10, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			r.bindings.sweep(now, ttl)
			r.clients.sweep(now, ttl)
			r.clients.idle(now, restAfter, (*client).rest)
		}
	}
}

// Label is the router's name.
func (r *Router) Label() string { return r.config.Label }

// Hop makes the router's spans; a proxy in front of the router shares it.
func (r *Router) Hop() *trace.Hop { return r.config.Hop }

// Dtab is the base dtab as configured. One that the interpreter has of its own is not in
// it: the interpreter adds it by itself to what it is asked. It must not be
// changed.
func (r *Router) Dtab() resolve.Dtab { return r.config.Dtab }

// Interpreter says what names mean to the router.
func (r *Router) Interpreter() resolve.Interpreter { return r.config.Interpreter }

// Close forgets all names and closes idle connections. Requests that have a
// replica finish; those that wait for what their name means, and later ones,
// fail with a [Closed] error. It returns when no goroutine of the router is
// left.
func (r *Router) Close() error {
	r.closed.Store(true)
	r.cancel()
	r.leaveBase()
	r.bindings.close()
	r.clients.close()
	r.background.Wait()
	return nil
}

var _ http.RoundTripper = (*Router)(nil)
