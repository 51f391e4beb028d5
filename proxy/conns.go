package proxy

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"
)

// conns are a server's connections but those that were upgraded.
type conns struct {
	mu  sync.Mutex
	all map[tracked]struct{}
}

// changed follows a connection by what net/http's server tells of it.
func (c *conns) changed(nc net.Conn, state http.ConnState) {
	t, ok := nc.(tracked)
	if !ok {
		return
	}
	switch state {
	case http.StateNew:
		c.mu.Lock()
		if c.all == nil {
			c.all = map[tracked]struct{}{}
		}
		c.all[t] = struct{}{}
		c.mu.Unlock()
	case http.StateActive:
		t.alive().begin(false) // its first byte may have been read behind the last request
	case http.StateIdle:
		t.alive().end()
	case http.StateHijacked, http.StateClosed:
		c.mu.Lock()
		delete(c.all, t)
		c.mu.Unlock()
	}
}

func (c *conns) list() []tracked {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]tracked, 0, len(c.all))
	for t := range c.all {
		list = append(list, t)
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
		for _, t := range list {
			d.look(t, time.Now())
		}
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
func closeIdle(list []tracked) (working int) {
	for _, t := range list {
		if l := t.alive(); l.leave(l.word.Load()) || l.word.Load()&doing == leaving {
			t.Close()
		} else {
			working++
		}
	}
	return working
}
