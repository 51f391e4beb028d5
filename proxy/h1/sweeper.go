package h1

import (
	"sync"
	"time"
)

// sweeper looks for requests that take long and whose contexts somebody waits for, and has
// their clients watched. So no request that ends soon pays for that. It is a goroutine that
// runs only while there are such requests, and some rounds longer.
type sweeper struct {
	mu      sync.Mutex
	running bool
	closed  bool
	list    []*conn
	end     chan struct{} // is closed by close
	ended   sync.WaitGroup
}

const (
	sweepInterval = 4 * time.Millisecond
	// idleSweeps is how many rounds a connection stays in the list without such a request,
	// so that one with many short requests is not added for each of them.
	idleSweeps = 16
)

// add has the request that is served on a connection looked at.
func (s *sweeper) add(c *conn) {
	if c.listed.Load() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || c.listed.Swap(true) {
		return
	}
	s.list = append(s.list, c)
	if !s.running {
		s.running = true
		s.ended.Go(s.run)
	}
}

func (s *sweeper) run() {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			if !s.sweep() {
				return
			}
		case <-s.end:
			return
		}
	}
}

// close ends the sweeping for good.
func (s *sweeper) close() {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.end)
	}
	s.mu.Unlock()
	s.ended.Wait()
}

// sweep looks at each connection once. It returns false if there is none left.
func (s *sweeper) sweep() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.list[:0]
	for _, c := range s.list {
		if c.sweep() {
			kept = append(kept, c)
		}
	}
	clear(s.list[len(kept):])
	s.list = kept
	s.running = len(kept) > 0
	return s.running
}

// sweep reports whether the connection stays in the list.
func (c *conn) sweep() bool {
	c.lookers.Add(1) // so that no request has the memory of one that is looked at
	defer c.lookers.Add(-1)
	x := c.current.Load()
	if c.wantsWatch(x) {
		c.idleSweeps = 0
		if x == c.swept {
			c.watch.start(x)
		}
		c.swept = x
		return true
	}
	c.swept = nil
	if c.idleSweeps++; c.idleSweeps < idleSweeps {
		return true
	}
	c.idleSweeps = 0
	c.listed.Store(false)
	// A request may have asked since it was looked at.
	x = c.current.Load()
	return c.wantsWatch(x) && !c.listed.Swap(true)
}

// wantsWatch reports whether the client of the request is to be watched, and is not yet. On
// a connection that cannot be peeked at it is for every request that takes long, so that
// the beginning of the next one is noticed. A request is looked at again when its body has
// ended.
func (c *conn) wantsWatch(x *exchange) bool {
	return x != nil && x.body.complete.Load() && !x.unwatched.Load() && (c.raw == nil || x.ctx.asked()) && !c.watch.isRunning()
}
