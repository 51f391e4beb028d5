package router

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/internal/traffic/tally"
	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
	"github.com/meshhop/meshhop/router/h1"
)

// client is how a replica set is reached. It follows the set's addresses, while
// it is in use (see rest), and publishes a picker over endpoints, which outlive the
// changes around them.
type client struct {
	refs
	router *Router
	id     resolve.Path
	label  string // the id without its leading slash, the client's name in spans
	policy ClientPolicy
	lends  bool    // see lent.go
	budget *bucket // of requeues
	shared setBudgets

	replicas atomic.Pointer[replicas] // never nil
	told     atomic.Pointer[told]     // nil: nothing yet

	watched[resolve.Replicas]              // of the set's addresses, while the client does not rest; one set is made at a time
	set                       *balance.Set // changed under mu
	left                      h1.Stats     // of endpoints that left
	counts                    bool         // one of them counted

	seen   seen // beside the counters that it is compared with
	stats  clientCounters
	moved  *tally.Client // by its connections
	stages stage
}

// replicas is a replica set at one moment. It is immutable.
type replicas struct {
	picker    balance.Picker // nil: nobody is there
	addresses []resolve.Address
	err       error // why there is no picker, if the namer said
	// unresolved says of which hosts there are no addresses, and why.
	unresolved string
	stale      *stale // nil: it is followed; else what was known last, at first nothing
}

type clientCounters struct {
	counters

	requeues, budgetExhausted, limited, unreplayable, closed atomic.Uint64
	retriesRefused                                           atomic.Uint64

	latency    histogram.ByClass
	payload    histogram.Payload
	again      histogram.Numbers // of the requests that were requeued, how often
	unanswered atomic.Uint64
	byStatus   [500]atomic.Uint64 // answers with a status from 100 to 599
}

// clientFor returns the client of a replica set, acquired for the caller; ok
// is false once the router is closed.
func (r *Router) clientFor(bound *resolve.Bound) (c *client, ok bool) {
	return r.clients.getOrMake(bound.ID, func(epoch *atomic.Uint64) *client {
		policy := r.clientPolicy(bound.ID)
		c := &client{
			router: r,
			id:     bound.ID,
			policy: policy,
			lends:  policy.lends(),
			budget: newBucket(policy.RequeueBudget),
			label:  bound.ID.String()[1:],
			moved:  tally.NewClient(),
		}
		c.set = policy.newSet(func(a resolve.Address) http.RoundTripper {
			return newReach(c, observed(r.transport(a, policy.Transport), c.moved))
		})
		var own []Stage
		if r.config.Stages.Client != nil {
			own = r.config.Stages.Client(bound.ID)
		}
		c.stages = stagesOf(own, true, &requeue{c, &pick{c}})
		c.refs.init(epoch)
		c.replicas.Store(new(replicas).outdated(time.Time{}))
		first := c.begin(bound.Addr, c.update)
		// Observing may call back at once: not under the cache's lock.
		r.background.Go(func() { c.observe(first) })
		return c
	})
}

// update publishes a new replica set. A set that was good and not empty
// outlasts failures and pending answers; that there is nobody does not
// (AddrLifecycle.scala).
func (c *client) update(state resolve.State[resolve.Replicas]) {
	c.note(state)
	switch before := c.replicas.Load(); {
	case state.Status == resolve.OK:
		c.publish(c.assemble(state.Value))
	case state.Status != resolve.Failed:
	case before.picker == nil:
		c.publish(&replicas{err: state.Err})
	case before.stale != nil:
		c.publish(before.confirmed())
	}
}

// publish has requests go by a set from now on, and those go on that wait for it.
func (c *client) publish(set *replicas) {
	if before := c.replicas.Swap(set); before.stale != nil {
		close(before.stale.over)
	}
}

// assemble makes a replica set of what the namer gave.
func (c *client) assemble(of resolve.Replicas) *replicas {
	before := c.set.Endpoints()
	picker := c.set.Update(of.Addresses)
	c.keepCounters(before)
	return &replicas{picker: picker, addresses: slices.Clone(of.Addresses), unresolved: of.Unresolved}
}

// open says whether a replica of the set is alive.
func (c *client) open() bool { return slices.ContainsFunc(c.set.Endpoints(), (*balance.Endpoint).Open) }

// sample is the replica set now. It waits only while that was never known, and a
// moment where the client has rested.
func (c *client) sample(ctx context.Context, d dst, until limit) (*replicas, error) {
	set := c.replicas.Load()
	if set.stale == nil {
		return set, nil
	}
	set, settled := c.wake()
	if set.stale == nil {
		return set, nil
	}
	whole := until
	if set.picker != nil {
		until = until.half().or(limit{at: settled})
	} else {
		until = until.bounded(c.router.config.BindingTimeout, BindingTimeout)
	}
	switch c.router.await(ctx, set.stale.over, until) {
	case ready:
		return c.sample(ctx, d, whole)
	case ended:
		return nil, canceled(ctx, &Error{Dst: d.path, Bound: c.id})
	case closing:
		return nil, &Error{Kind: Closed, Dst: d.path, Bound: c.id}
	}
	switch {
	case set.picker != nil:
		return c.settle(set), nil
	case until.kind == BindingTimeout:
		return nil, connectingTimeout(d.path, c.id, until.after)
	}
	return nil, &Error{Kind: until.kind, Dst: d.path, Bound: c.id, Err: until.expired(c.label, notAvailable)}
}

// connectingTimeout is the error of a replica set that is not known in time.
func connectingTimeout(name, bound resolve.Path, limit time.Duration) error {
	return &Error{
		Kind: BindingTimeout, Dst: name, Bound: bound,
		Err: &bindingTimeoutError{limit, "connecting to " + bound.String() + " for name: " + name.String(), nil},
	}
}

// done gives back one acquire.
func (c *client) done() { c.router.clients.done(c.id, c) }

func (c *client) close() {
	c.mu.Lock()
	end := c.watched.close()
	c.set.Close()
	c.mu.Unlock()
	end()
	c.router.pairs.forgetClient(c)
}
