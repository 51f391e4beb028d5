package h2client

import (
	"time"

	"github.com/meshhop/meshhop/internal/traffic"
	"github.com/meshhop/meshhop/router/h1"
)

// release ends a request on the connection.
func (c *conn) release() {
	p := c.pool
	if o := p.transport.observer; o != nil {
		c.meter.Tell(o, 0, 0)
	}
	p.mu.Lock()
	var old []*conn
	if c.active--; c.active == 0 && !c.gone {
		c.idleSince = time.Now()
		if p.shut || p.transport.config.KeepNone || p.expired(c, c.idleSince, p.transport.tlsVersion()) {
			p.remove(c)
			old = append(old, c)
		} else {
			p.schedule()
		}
	}
	if p.waiters.Len() > 0 {
		p.serve()
		p.again()
	}
	p.mu.Unlock()
	closeAll(old)
}

// closed is called once a connection is closed, by whomever.
func (p *pool) closed(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.gone = true
	close(c.lost)
	p.remove(c)
	if c.counted {
		p.tellClosed(c)
	}
	p.serve()
	p.again()
}

// tellClosed tells the observer. mu is held.
func (p *pool) tellClosed(c *conn) {
	p.closes++
	o := p.transport.observer
	if o == nil {
		return
	}
	c.meter.Tell(o, 0, 0)
	now := time.Now()
	over := traffic.Conn{At: now, Lasted: now.Sub(c.born), Requests: c.requests}
	over.Received, over.Sent = c.meter.Bytes()
	o.Closed(over)
}

// closeIdle closes the connections that have no request. With forGood there will be no others.
func (p *pool) closeIdle(forGood bool) {
	p.mu.Lock()
	var idle []*conn
	for _, c := range p.conns {
		if c.active == 0 {
			idle = append(idle, c)
		}
	}
	for _, c := range idle {
		p.remove(c)
	}
	if forGood {
		p.shut = true
		for e := p.waiters.Front(); e != nil; e = p.waiters.Front() {
			p.waiters.Remove(e).(*waiter).got <- taken{err: p.transport.failure("connect", errClosed)}
		}
	}
	if p.dialing != nil && p.waiters.Len() == 0 {
		p.dialing()
	}
	if p.timer != nil && len(p.conns) == 0 {
		p.timer.Stop()
		p.scheduled = false
	}
	p.mu.Unlock()
	closeAll(idle)
}

// schedule schedules sweep for when the first connection expires. mu is held.
func (p *pool) schedule() {
	if p.scheduled {
		return
	}
	idle, life := p.idleLimit(), p.transport.config.MaxLifetime
	var at time.Time
	by := func(t time.Time) {
		if at.IsZero() || t.Before(at) {
			at = t
		}
	}
	for _, c := range p.conns {
		if c.active > 0 {
			continue
		}
		if idle > 0 {
			by(c.idleSince.Add(idle))
		}
		if life > 0 {
			by(c.born.Add(life))
		}
	}
	if at.IsZero() {
		return
	}
	p.scheduled = true
	wait := max(time.Until(at), time.Millisecond)
	if p.timer == nil {
		p.timer = time.AfterFunc(wait, p.sweep)
	} else {
		p.timer.Reset(wait)
	}
}

// sweep closes the connections that have expired.
func (p *pool) sweep() {
	p.mu.Lock()
	p.scheduled = false
	now, version := time.Now(), p.transport.tlsVersion()
	var old []*conn
	for i := len(p.conns) - 1; i >= 0; i-- { // one after the other: MinIdle are spared
		if c := p.conns[i]; c.active == 0 && p.expired(c, now, version) {
			p.remove(c)
			old = append(old, c)
		}
	}
	p.schedule()
	p.mu.Unlock()
	closeAll(old)
}

// Stats returns the state of the transport, and what it has counted since it was made.
func (t *Transport) Stats() h1.Stats {
	p := &t.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	s := h1.Stats{
		Open: int(p.connects - p.closes), Waiters: p.waiters.Len(), Waited: p.waited,
		TooManyWaiters: p.refused, Connects: p.connects, ConnectFailures: p.failures,
	}
	for _, c := range p.conns {
		if c.active == 0 {
			s.Idle++
		}
	}
	return s
}
