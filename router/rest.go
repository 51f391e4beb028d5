package router

import "time"

const (
	// restAfter is for how long no request has used a client that rests. As long as
	// its addresses are followed DNS is asked for each name every 5 s, also for those
	// that strangers have named once; a client is kept for ten minutes. What comes
	// once a minute, such as a job or a scrape, still finds it awake.
	restAfter = 65 * time.Second
	// wakeTimeout is for how long requests wait, from the first one after the rest
	// on, to hear what the addresses are now. Then they go by the last ones.
	wakeTimeout = time.Second
)

// stale is a set that is not followed, or of which nothing was heard since it is.
type stale struct {
	over  chan struct{} // closed once there is another set
	until time.Time     // when the last one has to do; guarded by the client's mu
}

func newStale() *stale { return &stale{over: make(chan struct{})} }

// rest has a client that no request uses follow its addresses no more. Endpoints,
// connections, what is known of their health and all counters stay.
func (c *client) rest() {
	c.mu.Lock()
	if c.watch == nil || c.inUse() {
		c.mu.Unlock()
		return
	}
	end := c.replace(nil)
	set := *c.replicas.Load()
	set.stale = newStale()
	c.publish(&set)
	c.mu.Unlock()
	end()
}

// follows says whether the client is awake.
func (c *client) follows() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.watch != nil
}

// wake has a client that rests follow its addresses again, and says until when a
// request waits that was told the stale set.
func (c *client) wake() (set *replicas, until time.Time) {
	c.mu.Lock()
	set = c.replicas.Load()
	if set.stale == nil {
		c.mu.Unlock()
		return set, until
	}
	var begins *watch
	if c.watch == nil && !c.closed {
		begins = &watch{addr: c.addr}
		c.replace(begins)
		set.stale.until = time.Now().Add(min(wakeTimeout, c.router.config.BindingTimeout))
	}
	until = set.stale.until
	c.mu.Unlock()
	if begins != nil {
		c.observe(begins)
	}
	return set, until
}

// settle is the set to go by for a request that has waited long enough for a better
// one; no later request waits once the time for it is over.
func (c *client) settle(last *replicas) *replicas {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.replicas.Load() == last && !time.Now().Before(last.stale.until) {
		c.publish(last.confirmed())
	}
	return c.replicas.Load()
}

// confirmed is a stale set that has to do.
func (s *replicas) confirmed() *replicas {
	set := *s
	set.stale = nil
	return &set
}
