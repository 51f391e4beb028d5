package serve

import (
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

	mu     sync.Mutex
	change sync.Cond                   // on mu: a connection has ended or become idle, or none has to wait any more
	open   int                         // connections accepted and not closed, including upgraded ones
	all    map[trackedConn]*connRecord // without the upgraded ones

	queued    atomic.Int64 // connections that wait until another ends
	recordsMu sync.Mutex   // guards what the records hold
}

func (c *conns) init(l limits) {
	c.limits = l
	c.change.L = &c.mu
	c.all = map[trackedConn]*connRecord{}
}

// stateChanged follows the states of a connection that net/http's server reports.
func (c *conns) stateChanged(nc net.Conn, state http.ConnState) {
	conn, ok := nc.(trackedConn)
	if !ok {
		return
	}
	switch state {
	case http.StateNew:
		r := &connRecord{connSnapshot: connSnapshot{since: time.Now()}}
		c.mu.Lock()
		c.all[conn] = r
		c.mu.Unlock()
	case http.StateActive:
		conn.state().headArrived()
	case http.StateIdle:
		conn.state().finish()
		c.wakeQueued()
	case http.StateHijacked, http.StateClosed:
		c.mu.Lock()
		delete(c.all, conn)
		c.mu.Unlock()
	}
}

func (c *conns) list() []recordedConn {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := make([]recordedConn, 0, len(c.all))
	for conn, r := range c.all {
		list = append(list, recordedConn{conn, r})
	}
	return list
}
