package serve

import (
	"slices"
	"sync/atomic"
	"time"
)

// admit counts a connection in. Beyond the limit the connections that have been
// idle for longest are closed for it; where none is idle it waits until one is
// or ends, or left is set.
func (c *conns) admit(left *atomic.Bool) {
	c.counts.accepted.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.full() {
		c.await(left)
	}
	c.open++
}

// await waits for room. The caller has locked mu.
func (c *conns) await(left *atomic.Bool) {
	c.crowded.Add(1)
	defer c.crowded.Add(-1)
	for waited := false; c.full() && !left.Load(); {
		c.mu.Unlock()
		evicted := c.evict()
		c.mu.Lock()
		if evicted > 0 || !c.full() || left.Load() {
			continue
		}
		if !waited {
			waited = true
			c.counts.waited.Add(1)
		}
		later := time.AfterFunc(settling, c.hurry) // for those that were too new
		c.room.Wait()
		later.Stop()
	}
}

// settling is how long a connection is not evicted before its first request,
// which may be under way.
const settling = 100 * time.Millisecond

func (c *conns) full() bool { return c.limits.conns > 0 && c.open >= c.limits.conns }

// gone counts a connection out.
func (c *conns) gone() {
	c.mu.Lock()
	c.open--
	c.room.Signal()
	c.mu.Unlock()
}

// hurry has those who wait for room look again.
func (c *conns) hurry() {
	if c.crowded.Load() == 0 {
		return
	}
	c.mu.Lock()
	c.room.Broadcast()
	c.mu.Unlock()
}

// evict closes a hundredth of the connections, those that have been idle for
// longest, so that it is not done anew for each one that comes.
func (c *conns) evict() (closed int) {
	list := c.list()
	c.looking.Lock()
	now := time.Now()
	var idle []recorded
	since := map[tracked]time.Time{}
	for _, r := range list {
		word := r.conn.alive().word.Load()
		if word&doing != waiting {
			continue
		}
		at := now
		if word == r.word {
			at = r.since
		}
		if unused := word == waiting; unused && now.Sub(at) < settling {
			continue
		}
		idle = append(idle, r)
		since[r.conn] = at
	}
	c.looking.Unlock()
	slices.SortFunc(idle, func(a, b recorded) int { return since[a.conn].Compare(since[b.conn]) })
	for ; len(idle) > 0 && closed <= len(list)/100; idle = idle[1:] {
		if life := idle[0].conn.alive(); quiet(idle[0].conn) && life.leave(life.word.Load()) {
			c.counts.evicted.Add(1)
			closed++
			idle[0].conn.Close()
		}
	}
	return closed
}
