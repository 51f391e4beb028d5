package serve

import (
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/handshake"
	"github.com/meshhop/meshhop/internal/traffic"
)

// conns are a server's connections.
type conns struct {
	limits   limits
	counts   connCounts
	shakes   handshake.Counts
	abrupt   atomic.Bool // connections are closed without a word
	observer traffic.Server
	born     time.Time

	delay       bool // SocketOptions.Delay
	answersLate bool // a head that comes late is answered when the read of it times out

	mu      sync.Mutex
	change  sync.Cond                   // on mu: a connection has ended or become idle, or none has to wait any more
	open    int                         // connections accepted and not closed, including upgraded ones
	all     map[trackedConn]*connRecord // without the upgraded ones
	tunnels map[trackedConn]*connRecord // the upgraded ones

	queued    atomic.Int64 // connections that wait until another ends
	recordsMu sync.Mutex   // guards what the records hold
}

func (c *conns) init(l limits, observer traffic.Server) {
	c.limits, c.observer, c.born = l, observer, time.Now()
	c.tunnels = map[trackedConn]*connRecord{}
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
		if c.all[conn] == nil { // with both protocols it is told twice
			c.all[conn] = r
		}
		c.mu.Unlock()
	case http.StateActive:
		conn.state().account.begin(c)
		conn.state().headArrived()
	case http.StateIdle:
		conn.state().served()
		conn.state().finish()
		c.wakeQueued()
	case http.StateHijacked:
		c.hijacked(conn)
	case http.StateClosed:
		c.mu.Lock()
		delete(c.all, conn)
		c.mu.Unlock()
		conn.state().over()
	}
}

// hijacked records that a handler has taken a connection over.
func (c *conns) hijacked(conn trackedConn) {
	s := conn.state()
	s.account.upgraded.Store(true)
	c.mu.Lock()
	delete(c.all, conn)
	if !s.closed.Load() {
		c.tunnels[conn] = &connRecord{}
	}
	c.mu.Unlock()
	if s.closed.Load() { // meanwhile, by the server
		s.over()
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
