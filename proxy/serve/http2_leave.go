package serve

import (
	"context"
	"sync/atomic"
	"time"
)

// A connection of HTTP/2 ends in two steps (RFC 9113 section 6.8). First it is warned: the
// client opens no more streams, and those that are on their way are served. Then it is told
// which stream was the last; a client that was not warned can send all later ones again. When
// no stream is left the connection is closed.
type leaving struct {
	step  atomic.Uint32
	since atomic.Int64 // of that step, in conns.now
}

const (
	stays uint32 = iota
	warned
	told
)

// warn has the client open no more streams.
func (c *http2Conn) warn() {
	if c.leaving.step.Load() == stays {
		c.leaving.since.Store(int64(c.home.conns.now()))
		c.leaving.step.Store(warned)
		go c.inject(goAwayFrame(anyStream, goAwayNoError)) // which may wait for the client, but not longer than the connection lasts
	}
}

// sayGoAway refuses later streams.
func (c *http2Conn) sayGoAway() {
	if c.leaving.step.Load() == told {
		return
	}
	c.leaving.since.Store(int64(c.home.conns.now()))
	c.leaving.step.Store(told)
	over, cancel := context.WithCancel(context.Background())
	cancel()                    // it does not wait
	_ = c.server.Shutdown(over) // it has only this connection
}

// retire makes the next step, if it is time. A client has grace, which should be longer than
// a packet takes there and back, to learn of the warning. The connection has been in its
// state for as long as unchanged says: net/http's server says that it is idle before the end
// of the last response is written.
func (c *http2Conn) retire(grace, unchanged time.Duration) {
	since := c.home.conns.now() - time.Duration(c.leaving.since.Load())
	switch c.leaving.step.Load() {
	case stays:
		if c.warn(); grace <= 0 {
			c.sayGoAway()
		}
	case warned:
		if since >= grace {
			c.sayGoAway()
		}
	case told:
		// A client that is done closes by itself.
		if word := c.state.word.Load(); since >= lingerTime && unchanged >= lingerTime && word&stateMask == stateIdle && c.state.refuseInput(word) {
			cut(c.conn)
		}
	}
}

// checkHTTP2 holds a connection of HTTP/2 to the limits, as check does with others.
func (c *conns) checkHTTP2(r recordedConn, h *http2Conn, word uint64, unchanged time.Duration, now time.Time) {
	l := c.limits
	leaves := h.leaving.step.Load() != stays
	switch word & stateMask {
	case stateHead, stateHalfClosed: // the preface has not come as a whole, or the connection was given up
		if l.head > 0 && unchanged >= l.head {
			c.counts.head.Add(1)
			cut(r.conn)
			return
		}
	case stateIdle:
		switch unused := word < seq; {
		case unused && l.head > 0 && unchanged >= l.head:
			c.counts.head.Add(1)
			cut(r.conn)
			return
		case !unused && !leaves && l.idle > 0 && unchanged >= l.idle:
			c.counts.idle.Add(1)
			leaves = true
		}
	case stateActive:
		h.checkStreams(now)
		c.checkWrite(r, now, l.response)
		if h.idles(now, l.response) {
			c.counts.response.Add(1)
			abort(r.conn)
			cut(r.conn)
			return
		}
	}
	if !leaves && l.life > 0 && c.now()-r.conn.state().account.opened >= l.life {
		r.conn.state().countExpired()
		leaves = true
	}
	if leaves {
		h.retire(expiryGrace, unchanged)
	}
	c.checkRead(r, now)
}

// checkStreams ends waits of handlers for the client that take too long. The body of a call
// of gRPC, and of a request whose response has begun, may have pauses of any length.
func (c *http2Conn) checkStreams(now time.Time) {
	l, counts := c.home.conns.limits, &c.home.conns.counts
	c.mu.Lock()
	defer c.mu.Unlock()
	for s := range c.streams {
		if number := s.body.reads.Load(); s.patient || s.answered.Load() {
			s.read = ioCall{}
		} else if s.read.exceeds(number, now, l.body) {
			counts.body.Add(1)
			go s.expireRead()
		}
		if s.write.exceeds(s.written.Load(), now, l.response) {
			counts.response.Add(1)
			go s.expireWrite()
		}
	}
}

// idles reports whether for so long no handler has run, although there are streams: their
// clients do not take what is left of the responses.
func (c *http2Conn) idles(now time.Time, limit time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	number := c.turns << 1
	if len(c.streams) == 0 {
		number |= 1
	}
	return c.quiet.exceeds(number, now, limit)
}
