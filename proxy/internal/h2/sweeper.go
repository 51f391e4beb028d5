package h2

import (
	"sync"
	"time"
)

// sweeper ends what takes too long on connections: a preface, a header section, a write, and
// the answer to the PING of a drain. One goroutine looks at all connections, once in a
// quarter of the shortest of these times, so that no connection needs timers.
type sweeper struct {
	server *Server
	every  time.Duration
	mu     sync.Mutex
	conns  int
	stop   chan struct{} // nil: it does not run
}

func (w *sweeper) init(s *Server) {
	w.server = s
	w.every = min(s.config.HeadTimeout, s.config.WriteTimeout, drainTimeout) / 4
}

// open notes one more connection.
func (w *sweeper) open() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conns++; w.conns == 1 {
		w.stop = make(chan struct{})
		go w.run(w.stop)
	}
}

// release notes that a connection has ended.
func (w *sweeper) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conns--; w.conns == 0 {
		close(w.stop)
		w.stop = nil
	}
}

func (w *sweeper) run(stop chan struct{}) {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			now := time.Now()
			for _, c := range w.server.all() {
				c.sweep(now)
			}
		}
	}
}

// sweep ends the connection if something takes too long.
func (c *conn) sweep(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch config := &c.server.config; {
	case late(c.headSince, now, config.HeadTimeout), late(c.writeSince, now, config.WriteTimeout):
		c.nc.Close()
	case c.going == announced && late(c.drainSince, now, drainTimeout):
		c.lastGoAway()
	}
}

func late(since, now time.Time, limit time.Duration) bool {
	return !since.IsZero() && now.Sub(since) > limit
}
