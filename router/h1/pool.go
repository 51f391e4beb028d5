package h1

import (
	"sync"
	"time"
)

// pool keeps the connections that wait for a request. The one used last is
// taken first: it is the warmest, and the others can age.
type pool struct {
	idleTimeout, lifetime time.Duration // negative and zero: no limit
	max                   int

	mu     sync.Mutex
	idle   []*conn // a stack: the longest idle one is the first
	closed bool
	timer  *time.Timer // runs sweep; nil: was never needed
	armed  bool        // sweep will run
}

// freshFor is how long a connection is taken to be alive without looking. To
// look costs a system call, some 5 % of a request, and under load connections
// are taken again within microseconds, when there is little to see.
const freshFor = 100 * time.Microsecond

// get returns a connection that is alive as far as can be told, or nil.
func (p *pool) get() (*conn, error) {
	for {
		p.mu.Lock()
		if p.closed {
			p.mu.Unlock()
			return nil, ErrClosed
		}
		n := len(p.idle)
		if n == 0 {
			p.mu.Unlock()
			return nil, nil
		}
		c := p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		p.mu.Unlock()

		now := time.Now()
		if !p.expired(c, now) && (now.Sub(c.idleSince) < freshFor || c.quiet(now.Sub(c.idleSince))) {
			return c, nil
		}
		c.nc.Close()
	}
}

// put keeps c, or closes it.
func (p *pool) put(c *conn) {
	c.idleSince = time.Now()
	p.mu.Lock()
	if p.closed || len(p.idle) >= p.max || p.lifetime > 0 && c.idleSince.Sub(c.born) >= p.lifetime {
		p.mu.Unlock()
		c.nc.Close()
		return
	}
	p.idle = append(p.idle, c)
	if !p.armed {
		p.arm(c.idleSince)
	}
	p.mu.Unlock()
}

// expired says whether c is past one of its limits.
func (p *pool) expired(c *conn, now time.Time) bool {
	return p.idleTimeout > 0 && now.Sub(c.idleSince) >= p.idleTimeout || p.lifetime > 0 && now.Sub(c.born) >= p.lifetime
}

// arm has sweep run when the next connection expires. p.mu is held and there
// are idle connections.
func (p *pool) arm(now time.Time) {
	next := time.Duration(-1)
	soonest := func(d time.Duration) {
		if next < 0 || d < next {
			next = max(d, 0)
		}
	}
	if p.idleTimeout > 0 {
		soonest(p.idleTimeout - now.Sub(p.idle[0].idleSince))
	}
	if p.lifetime > 0 {
		for _, c := range p.idle {
			soonest(p.lifetime - now.Sub(c.born))
		}
	}
	if next < 0 {
		return
	}
	p.armed = true
	if p.timer == nil {
		p.timer = time.AfterFunc(next, p.sweep)
	} else {
		p.timer.Reset(next)
	}
}

// sweep closes what has expired.
func (p *pool) sweep() {
	now := time.Now()
	p.mu.Lock()
	p.armed = false
	var expired []*conn
	kept := p.idle[:0]
	for _, c := range p.idle {
		if p.expired(c, now) {
			expired = append(expired, c)
		} else {
			kept = append(kept, c)
		}
	}
	clear(p.idle[len(kept):])
	p.idle = kept
	if len(kept) > 0 && !p.closed {
		p.arm(now)
	}
	p.mu.Unlock()
	for _, c := range expired {
		c.nc.Close()
	}
}

func (p *pool) closeIdle(forGood bool) {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.closed = p.closed || forGood
	if p.timer != nil {
		p.timer.Stop()
		p.armed = false
	}
	p.mu.Unlock()
	for _, c := range idle {
		c.nc.Close()
	}
}
