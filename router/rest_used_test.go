package router

import (
	"testing"
	"time"
)

// TestWhatIsUsedMeanwhileGoesOn: a client that was used since it was seen goes on as it was,
// whether it followed its addresses or was about to.
func TestWhatIsUsedMeanwhileGoesOn(t *testing.T) {
	r, _ := bound(t)
	r.clients.each(func(c *client) {
		followed := c.replicas.Load()
		c.rest(c.lastUse() + 1)
		if now := c.replicas.Load(); now.stale != nil || len(now.addresses) != 2 || !c.follows() {
			t.Errorf("followed, it is now %+v", now)
		}
		until := time.Now().Add(time.Minute)
		c.mu.Lock()
		c.publish(followed.outdated(until))
		c.mu.Unlock()
		c.rest(c.lastUse() + 1)
		if now := c.replicas.Load(); now.stale == nil || !now.stale.until.Equal(until) || !c.follows() {
			t.Errorf("awaited until %v, it is now %+v", until, now.stale)
		}
		c.rest(c.lastUse())
		if now := c.replicas.Load(); now.stale == nil || !now.stale.until.IsZero() || c.follows() {
			t.Errorf("unused, it is now %+v", now.stale)
		}
	})
	if r.Stats().Clients.Size != 1 {
		t.Errorf("%d clients", r.Stats().Clients.Size)
	}
}
