package proxy

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
	room sync.Cond           // on mu: a connection has ended, or nobody has to wait for that any more
	open int                 // all that were accepted and are not closed, upgraded ones included
	all  map[tracked]*record // but those that were upgraded

	crowded atomic.Int64 // how many wait for room
	looking sync.Mutex   // guards the records
}

func (c *conns) init(l limits) {
	c.limits = l
	c.room.L = &c.mu
	c.all = map[tracked]*record{}
}

// changed follows a connection by what net/http's server tells of it.
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

// drain waits until there are no connections, or ctx ends. One that waits for a
// request for patience, from now on, is closed. The error is ctx's, if it ended
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
		c.sweep(list) // those of whom nothing comes are not waited for
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

// closeIdle closes at once the connections without a request, and says how many
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
