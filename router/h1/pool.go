package h1

import (
	"container/list"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/traffic"
)

// pool keeps the idle connections. If the number of connections is bounded, each one, and
// each that is being made, holds one of maxConns slots. The connection used last is taken
// first: it is the warmest, and the others can expire.
type pool struct {
	idleTimeout, sessionIdle, lifetime time.Duration // negative and zero: no limit
	minIdle                            int           // this many outlast idleTimeout
	maxIdle                            int

	maxConns   int // 0: no limit, and slots are not counted
	maxWaiters int
	refusal    error // for a waiter beyond maxWaiters

	mu        sync.Mutex
	idle      []*conn // a stack: the longest idle one is the first
	slots     int     // in use
	waiters   list.List
	closed    bool
	timer     *time.Timer // runs sweep; nil: it was never needed
	scheduled bool        // sweep will run
	sweepAt   time.Time   // when sweep will run

	made     time.Time
	observer traffic.Client // nil: nobody
	suspect  atomic.Int64   // until when the peer is not trusted, as time since made; 0: it is trusted

	waited, refused                   uint64
	unasked                           atomic.Uint64
	connects, closes, connectFailures atomic.Uint64
}

// Before a connection is used again it is checked: it must be open, and no bytes may
// have come that no request asked for, because the next request would take them for
// its response.
const (
	// uncheckedFor is how long an idle connection counts as alive without a check. The
	// check costs a system call, some 5 % of a request, and under load connections are
	// reused within microseconds, when there is little to see.
	uncheckedFor = 100 * time.Microsecond
	// suspectFor is how long a peer that sent unasked bytes is not trusted.
	suspectFor = time.Minute
	// restFor is how long the connections of such a peer rest before they are used
	// again, in case bytes come late.
	restFor = 5 * time.Millisecond
	// suspectAfter is the idle time from which on unasked bytes do not count against
	// the peer: some peers send 408 before they close an idle connection.
	suspectAfter = time.Second
)

// distrust records that the peer sent unasked bytes on a connection that had been
// idle for the given time.
func (p *pool) distrust(idle time.Duration) {
	p.unasked.Add(1)
	if idle < suspectAfter {
		p.suspect.Store(int64(time.Since(p.made) + suspectFor))
	}
}

func (p *pool) distrusts(now time.Time) bool {
	until := p.suspect.Load()
	return until != 0 && now.Sub(p.made) < time.Duration(until)
}

// next returns the index of the idle connection to take, or -1 if a new one is to be
// made. It is the one used last. For a peer that is not trusted it is the one that
// has been idle for longest; if that is less than restFor, it is taken only if no
// new one can be made. The caller holds p.mu.
func (p *pool) next(hasSlot bool) int {
	last := len(p.idle) - 1
	if last < 0 || p.suspect.Load() == 0 {
		return last
	}
	now := time.Now()
	switch {
	case !p.distrusts(now):
		return last
	case now.Sub(p.idle[0].idleSince) < restFor && (p.maxConns == 0 || hasSlot || p.slots < p.maxConns):
		return -1
	}
	return 0
}

// get returns an idle connection that is alive as far as can be told. If it returns
// nil and no error, the caller holds a slot and must dial. It gives the slot back with
// releaseSlot if dialling fails; otherwise the slot belongs to the connection.
func (p *pool) get(ctx context.Context) (*conn, error) {
	for hasSlot := false; ; {
		p.mu.Lock()
		n := p.next(hasSlot)
		if n < 0 || p.closed {
			return p.getSlot(ctx, hasSlot)
		}
		c := p.idle[n]
		p.idle = slices.Delete(p.idle, n, n+1)
		if hasSlot {
			p.slots-- // the slot of a dead connection; no request waits while one is idle
		}
		p.mu.Unlock()

		if p.alive(c) {
			return c, nil
		}
		p.closeConn(c)
		hasSlot = p.maxConns > 0
	}
}

// getSlot gets a slot when no connection is idle, unless the caller has one, and waits
// for one if there is none. It unlocks p.mu, which the caller has locked.
func (p *pool) getSlot(ctx context.Context, hasSlot bool) (*conn, error) {
	switch {
	case p.closed:
		if hasSlot {
			p.slots--
		}
		p.mu.Unlock()
		return nil, errClosed
	case p.maxConns > 0 && !hasSlot:
		if p.slots == p.maxConns {
			return p.wait(ctx)
		}
		p.slots++
	}
	p.mu.Unlock()
	return nil, nil
}

// alive reports whether an idle connection can serve another request.
func (p *pool) alive(c *conn) bool {
	now := time.Now()
	idle := now.Sub(c.idleSince)
	switch {
	case p.expired(c, now, p.minIdle > 0) || c.version != c.transport.tlsVersion():
		return false
	case idle < uncheckedFor && !c.noBody && !p.distrusts(now):
		return true
	}
	found := c.check(idle)
	if found == unasked {
		p.distrust(idle)
	}
	return found == alive
}

// put takes back a connection at the end of an exchange: a waiter gets it, or it is kept
// as idle, or closed.
func (p *pool) put(c *conn) {
	c.idleSince = time.Now()
	p.keep(c)
}

func (p *pool) keep(c *conn) {
	p.mu.Lock()
	switch {
	case p.closed || p.lifetime > 0 && c.idleSince.Sub(c.account.born) >= p.lifetime || c.version != c.transport.tlsVersion():
	case p.handOff(handOff{conn: c}):
		p.mu.Unlock()
		return
	case len(p.idle) < p.maxIdle:
		p.idle = append(p.idle, c)
		if !p.scheduled || p.lifetime > 0 || p.minIdle > 0 {
			p.scheduleSweep(c)
		}
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	p.drop(c)
}

// drop closes a connection and releases its slot.
func (p *pool) drop(c *conn) {
	p.closeConn(c)
	p.releaseSlot()
}

// closeConn closes a connection. The caller keeps its slot.
func (p *pool) closeConn(c *conn) {
	c.nc.Close()
	p.closes.Add(1)
	p.over(&c.account)
}

// releaseSlot hands the slot of a connection to a waiter, or frees it.
func (p *pool) releaseSlot() {
	if p.maxConns == 0 {
		return
	}
	p.mu.Lock()
	if !p.handOff(handOff{}) {
		p.slots--
	}
	p.mu.Unlock()
}

// expired reports whether c is past one of its limits. A spared connection is one of
// those that outlast idleTimeout.
func (p *pool) expired(c *conn, now time.Time, spared bool) bool {
	limit := p.idleLimit(spared)
	return limit > 0 && now.Sub(c.idleSince) >= limit || p.lifetime > 0 && now.Sub(c.account.born) >= p.lifetime
}

func (p *pool) idleLimit(spared bool) time.Duration {
	if spared {
		return p.sessionIdle
	}
	return p.idleTimeout
}

// scheduleSweep schedules sweep for when the longest idle connection expires, and no
// later than when c does. The caller holds p.mu, and there are idle connections.
func (p *pool) scheduleSweep(c *conn) {
	if limit := p.idleLimit(len(p.idle) <= p.minIdle); limit > 0 {
		p.sweepBy(p.idle[0].idleSince.Add(limit))
	}
	if p.lifetime > 0 {
		p.sweepBy(c.account.born.Add(p.lifetime))
	}
}

// sweepBy schedules sweep for a time, unless it is scheduled to run earlier.
func (p *pool) sweepBy(at time.Time) {
	if p.scheduled && !at.Before(p.sweepAt) {
		return
	}
	p.scheduled, p.sweepAt = true, at
	if p.timer == nil {
		p.timer = time.AfterFunc(time.Until(at), p.sweep)
	} else {
		p.timer.Reset(time.Until(at))
	}
}

// sweep closes the connections that have expired.
func (p *pool) sweep() {
	now := time.Now()
	p.mu.Lock()
	p.scheduled = false
	var expired []*conn
	first := len(p.idle)
	for i := first - 1; i >= 0; i-- { // those used last are spared
		c := p.idle[i]
		if p.expired(c, now, len(p.idle)-first < p.minIdle) {
			expired = append(expired, c)
		} else {
			first--
			p.idle[first] = c
		}
	}
	n := copy(p.idle, p.idle[first:])
	clear(p.idle[n:])
	p.idle = p.idle[:n]
	for _, c := range p.idle {
		p.scheduleSweep(c)
		if p.lifetime <= 0 {
			break
		}
	}
	p.mu.Unlock()
	for _, c := range expired {
		p.drop(c)
	}
}

// closeIdle closes the idle connections. With forGood the pool keeps no connections
// from now on, and all waiters get errClosed.
func (p *pool) closeIdle(forGood bool) {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	if p.timer != nil {
		p.timer.Stop()
		p.scheduled = false
	}
	if forGood {
		p.closed = true
		for p.handOff(handOff{err: errClosed}) {
		}
	}
	p.mu.Unlock()
	for _, c := range idle {
		p.drop(c)
	}
}
