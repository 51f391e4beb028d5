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

// rest has a client follow its addresses no more if no request has used it since a
// use that was seen. Endpoints, connections, what is known of their health and all
// counters stay.
func (c *client) rest(seen uint64) {
	c.mu.Lock()
	if c.watch == nil {
		c.mu.Unlock()
		return
	}
	before := c.replicas.Load()
	c.publish(before.outdated(time.Time{}))
	// Only now: a request that comes from here on finds the stale set.
	if c.inUse() || c.lastUse() != seen {
		if before.stale != nil {
			c.publish(before.outdated(before.stale.until))
		} else {
			c.publish(before)
		}
		c.mu.Unlock()
		return
	}
	end := c.replace(nil)
	c.mu.Unlock()
	end()
}

// outdated is a set that is not followed.
func (s *replicas) outdated(until time.Time) *replicas {
	set := *s
	set.stale = &stale{make(chan struct{}), until}
	return &set
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
	var begins *observation
	if c.watch == nil && !c.closed {
		begins = &observation{}
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
