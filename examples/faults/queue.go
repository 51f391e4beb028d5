package main

import (
	"net"
	"sync"
)

// queue is a listener that can stop accepting, and then lets few connections
// wait for that.
type queue struct {
	*net.TCPListener
	mu   sync.Mutex
	open chan struct{} // closed while it accepts
}

func (q *queue) Accept() (net.Conn, error) {
	q.mu.Lock()
	open := q.open
	q.mu.Unlock()
	<-open
	return q.TCPListener.Accept()
}

// shut shuts or opens the queue.
func (q *queue) shut(shut bool) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case <-q.open:
		if !shut {
			return nil
		}
		q.open = make(chan struct{})
		return setBacklog(q.TCPListener, 1)
	default:
		if shut {
			return nil
		}
		close(q.open)
		return setBacklog(q.TCPListener, 128)
	}
}

// crowd is connections that wait in a queue until nobody else can.
type crowd struct{ conns []net.Conn }

// maxCrowd bounds a crowd.
const maxCrowd = 64

// gather fills the queue at addr: when no connection is made for as long as
// patience, it is full.
func gather(addr string) (*crowd, bool) {
	c := new(crowd)
	for range maxCrowd {
		conn, err := net.DialTimeout("tcp", addr, patience)
		if err != nil {
			return c, true
		}
		c.conns = append(c.conns, conn)
	}
	return c, false
}

func (c *crowd) disperse() {
	for _, conn := range c.conns {
		conn.Close()
	}
}
