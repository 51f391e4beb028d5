package serve

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// conns are a server's connections.
type conns struct {
	limits limits
	counts connCounts

	mu   sync.Mutex
	room sync.Cond           // on mu: a connection has ended, or none has to wait any more
	open int                 // connections accepted and not closed, including upgraded ones
	all  map[tracked]*record // without those that were upgraded

	crowded atomic.Int64 // how many connections wait for room
	looking sync.Mutex   // guards the records
}

func (c *conns) init(l limits) {
	c.limits = l
	c.room.L = &c.mu
	c.all = map[tracked]*record{}
}

// changed follows the states of a connection that net/http's server reports.
func (c *conns) changed(nc net.Conn, state http.ConnState) {
	t, ok := nc.(tracked)
	if !ok {
		return
	}
	switch state {
	case http.StateNew:
		r := &record{sight: sight{since: time.Now()}}
		c.mu.Lock()
		c.all[t] = r
		c.mu.Unlock()
	case http.StateActive:
		t.alive().serve()
	case http.StateIdle:
		t.alive().end()
		c.hurry()
	case http.StateHijacked, http.StateClosed:
		c.mu.Lock()
		delete(c.all, t)
		c.mu.Unlock()
	}
}

func (c *conns) list() []recorded {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]recorded, 0, len(c.all))
	for t, r := range c.all {
		list = append(list, recorded{t, r})
	}
	return list
}

// drain waits until all connections have ended or ctx ends. A connection that stays
// idle for patience from now on is closed. drain returns ctx's error if ctx ended
// before a request did.
func (c *conns) drain(ctx context.Context, patience time.Duration) error {
	ticker := time.NewTicker(min(max(patience/10, time.Millisecond), 20*time.Millisecond))
	defer ticker.Stop()
	d := departure{patience: patience, seen: map[tracked]sight{}}
	for {
		list := c.list()
		if len(list) == 0 {
			return nil
		}
		for _, r := range list {
			d.look(r.conn, time.Now())
		}
		c.sweep(list) // closes connections whose client exceeds a limit
		select {
		case <-ctx.Done():
			if closeIdle(c.list()) > 0 {
				return ctx.Err()
			}
			return nil
		case <-ticker.C:
		}
	}
}

// closeIdle closes the connections without a request at once, and returns how many
// have one.
func closeIdle(list []recorded) (busy int) {
	for _, r := range list {
		if l := r.conn.alive(); l.leave(l.word.Load()) || l.word.Load()&doing == leaving {
			r.conn.Close()
		} else {
			busy++
		}
	}
	return busy
}
