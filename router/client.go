package router

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/resolve"
	"github.com/meshhop/meshhop/router/balance"
)

// client is how a replica set is reached. It follows the set's addresses and
// publishes a picker over endpoints, which outlive the changes around them.
type client struct {
	refs
	router *Router
	id     resolve.Path
	label  string // the id without its leading slash, the client's name in spans
	policy ClientPolicy
	budget *bucket // of requeues
	shared setBudgets

	replicas atomic.Pointer[replicas]
	known    chan struct{} // closed once replicas is set

	mu     sync.Mutex // one set is made at a time
	closed bool
	addr   *resolve.Activity[resolve.Replicas] // which is followed
	stop   func()
	set    *balance.Set    // changed under mu
	left   ConnectionStats // of endpoints that left
	counts bool            // one of them counted

	stats clientCounters
}

// replicas is a replica set at one moment. It is immutable.
type replicas struct {
	picker    balance.Picker // nil: nobody is there
	addresses []resolve.Address
	err       error // why there is no picker, if the namer said
	// unresolved says of which hosts there are no addresses, and why.
	unresolved string
}

type clientCounters struct {
	requests, success, failures atomic.Uint64
	pending                     atomic.Int64

	requeues, budgetExhausted, limited, unreplayable, closed atomic.Uint64
	retriesRefused                                           atomic.Uint64

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
			budget: newBucket(policy.RequeueBudget),
			label:  bound.ID.String()[1:],
			known:  make(chan struct{}),
			set:    policy.newSet(r.transport),
		}
		c.refs.init(epoch)
		c.addr = bound.Addr
		// Observing may call back at once: not under the cache's lock.
		r.background.Go(func() { c.observe(bound.Addr) })
		return c
	})
}

// follow has the set's addresses be those of an activity from now on. Namers may
// give another one under the same id, such as for a name that went away and came
// back; what was known stays until the new one knows something.
func (c *client) follow(addr *resolve.Activity[resolve.Replicas]) {
	c.mu.Lock()
	same := c.closed || c.addr == addr
	c.addr = addr
	c.mu.Unlock()
	if !same {
		c.observe(addr)
	}
}

// observe is the rest of follow, which stops the observation before.
func (c *client) observe(addr *resolve.Activity[resolve.Replicas]) {
	stop := addr.Observe(func(s resolve.State[resolve.Replicas]) { c.update(addr, s) })
	c.mu.Lock()
	if !c.closed && c.addr == addr {
		c.stop, stop = stop, c.stop
	}
	c.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// update publishes a new replica set. A set that was good and not empty
// outlasts failures and pending answers; that there is nobody does not
// (AddrLifecycle.scala).
func (c *client) update(from *resolve.Activity[resolve.Replicas], state resolve.State[resolve.Replicas]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.addr != from {
		return
	}
	before := c.replicas.Load()
	switch state.Status {
	case resolve.OK:
		c.replicas.Store(c.assemble(state.Value))
	case resolve.Failed:
		if before != nil && before.picker != nil {
			return
		}
		c.replicas.Store(&replicas{err: state.Err})
	default:
		return
	}
	if before == nil {
		close(c.known)
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

// sample is the replica set now; it waits only while it was never known.
func (c *client) sample(ctx context.Context, d dst, until limit) (*replicas, error) {
	if set := c.replicas.Load(); set != nil {
		return set, nil
	}
	until = until.bounded(c.router.config.BindingTimeout, BindingTimeout)
	timer := time.NewTimer(time.Until(until.at))
	defer timer.Stop()
	select {
	case <-c.known:
		return c.replicas.Load(), nil
	case <-ctx.Done():
		return nil, canceled(ctx, &Error{Dst: d.path, Bound: c.id})
	case <-c.router.closing:
		return nil, &Error{Kind: Closed, Dst: d.path, Bound: c.id}
	case <-timer.C:
		if until.kind == BindingTimeout {
			return nil, connectingTimeout(d.path, c.id, until.after)
		}
		return nil, &Error{Kind: until.kind, Dst: d.path, Bound: c.id, Err: until.expired(c.label, notAvailable)}
	}
}

// connectingTimeout is the error of a replica set that is not known in time.
func connectingTimeout(name, bound resolve.Path, limit time.Duration) error {
	return &Error{
		Kind: BindingTimeout, Dst: name, Bound: bound,
		Err: &TimeoutError{limit, "connecting to " + bound.String() + " for name: " + name.String(), nil},
	}
}

// done gives back one acquire.
func (c *client) done() { c.router.clients.done(c.id, c) }

func (c *client) close() {
	c.mu.Lock()
	c.closed = true
	stop := c.stop
	c.set.Close()
	c.mu.Unlock()
	if stop != nil {
		stop()
	}
}
