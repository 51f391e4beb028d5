package serve

import (
	"time"
)

// expires reports whether the connection has been open for so long that the response to the
// request which begins now is its last.
func (s *connState) expires() bool {
	life := s.home.limits.life
	if life <= 0 || s.home.now()-s.account.opened < life {
		return false
	}
	s.countExpired()
	return true
}

// countExpired counts the connection as one that has lived long enough, once.
func (s *connState) countExpired() {
	if !s.expired.Swap(true) {
		s.home.counts.life.Add(1)
	}
}

// expiryGrace is how long a connection that has lived long enough must have been idle before
// it is closed: most that are in use get another request sooner, whose response says that
// the connection closes.
const expiryGrace = time.Second

// expireIdle ends a connection that has lived long enough and has been idle for some time.
// It does so as a drain does: a request may be on its way.
func (c *conns) expireIdle(conn trackedConn, word uint64, idle time.Duration) {
	s := conn.state()
	if c.limits.life > 0 && c.now()-s.account.opened >= c.limits.life && idle >= expiryGrace && !hasPendingInput(conn) && s.refuseInput(word) {
		s.countExpired()
		halfClose(conn)
	}
}

// checkRead closes a connection from which nothing was read for too long.
func (c *conns) checkRead(r recordedConn, now time.Time) {
	if c.limits.socketRead <= 0 {
		return
	}
	a := &r.conn.state().account
	received, _ := a.meter.Bytes()
	if a.copying.Load() > 0 {
		copied, _ := kernelCounts(r.conn)
		received = max(received, copied)
	}
	if received != r.received || r.heard.IsZero() {
		r.received, r.heard = received, now
	}
	if now.Sub(r.heard) >= c.limits.socketRead {
		c.counts.socketRead.Add(1)
		cut(r.conn)
	}
}

// checkWrite ends a connection on which a write makes no progress.
func (c *conns) checkWrite(r recordedConn, now time.Time, limit time.Duration) {
	switch write := r.conn.state().writes.Load(); {
	case limit > 0 && r.write.isUnderWay(write) && madeProgress(r.conn, r.connRecord):
		r.write.since = now // the limit counts from its last byte
	case r.write.exceeds(write, now, limit):
		if limit == c.limits.socketWrite {
			c.counts.socketWrite.Add(1)
		} else {
			c.counts.response.Add(1)
		}
		abort(r.conn)
	}
}

// checkTunnels holds upgraded connections to the limits of their sockets.
func (c *conns) checkTunnels() {
	if c.limits.socketRead <= 0 && c.limits.socketWrite <= 0 {
		return
	}
	c.mu.Lock()
	list := make([]recordedConn, 0, len(c.tunnels))
	for conn, r := range c.tunnels {
		list = append(list, recordedConn{conn, r})
	}
	c.mu.Unlock()
	c.recordsMu.Lock()
	defer c.recordsMu.Unlock()
	now := time.Now()
	for _, r := range list {
		if !r.conn.state().closed.Load() {
			c.checkRead(r, now)
			c.checkWrite(r, now, c.limits.socketWrite)
		}
	}
}
