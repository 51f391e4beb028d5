package serve

import (
	"slices"
	"sync/atomic"
	"time"
)

// admit counts a new connection as open. At the bound it first closes those
// that have been idle for longest. If none is idle, it waits until a connection becomes
// idle or ends, or until stopped is set.
func (c *conns) admit(stopped *atomic.Bool) {
	c.counts.accepted.Add(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isFull() {
		c.waitForSlot(stopped)
	}
	c.open++
}

// waitForSlot waits until one more connection may be open. The caller has locked mu.
func (c *conns) waitForSlot(stopped *atomic.Bool) {
	c.queued.Add(1)
	defer c.queued.Add(-1)
	for waited := false; c.isFull() && !stopped.Load(); {
		c.mu.Unlock()
		evicted := c.evict()
		c.mu.Lock()
		if evicted > 0 || !c.isFull() || stopped.Load() {
			continue
		}
		if !waited {
			waited = true
			c.counts.waited.Add(1)
		}
		later := time.AfterFunc(newConnTime, c.wakeQueued) // for those that were too new
		c.change.Wait()
		later.Stop()
	}
}

// newConnTime is how long a connection is not evicted before its first request, which
// may be under way.
const newConnTime = 100 * time.Millisecond

func (c *conns) isFull() bool { return c.limits.conns > 0 && c.open >= c.limits.conns }

// release counts a connection as closed.
func (c *conns) release(conn trackedConn) {
	c.mu.Lock()
	c.open--
	delete(c.tunnels, conn)
	c.change.Signal()
	c.mu.Unlock()
}

// wakeQueued makes connections that wait for a slot check again whether there is one.
func (c *conns) wakeQueued() {
	if c.queued.Load() == 0 {
		return
	}
	c.mu.Lock()
	c.change.Broadcast()
	c.mu.Unlock()
}

// evict closes the connections that have been idle for longest: a hundredth of all,
// so that the search is not repeated for each new connection.
func (c *conns) evict() (closed int) {
	list := c.list()
	c.recordsMu.Lock()
	now := time.Now()
	var idle []recordedConn
	since := map[trackedConn]time.Time{}
	for _, r := range list {
		word := r.conn.state().word.Load()
		if word&stateMask != stateIdle {
			continue
		}
		at := now
		if word == r.word {
			at = r.since
		}
		if unused := word == stateIdle; unused && now.Sub(at) < newConnTime {
			continue
		}
		idle = append(idle, r)
		since[r.conn] = at
	}
	c.recordsMu.Unlock()
	slices.SortFunc(idle, func(a, b recordedConn) int { return since[a.conn].Compare(since[b.conn]) })
	for ; len(idle) > 0 && closed <= len(list)/100; idle = idle[1:] {
		if s := idle[0].conn.state(); !hasPendingInput(idle[0].conn) && s.refuseInput(s.word.Load()) {
			c.counts.evicted.Add(1)
			closed++
			if h := s.http2.Load(); h != nil {
				h.farewell(goAwayNoError)
			}
			cut(idle[0].conn)
		}
	}
	return closed
}
