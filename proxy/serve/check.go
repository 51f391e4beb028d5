package serve

import (
	"context"
	"time"
)

// connRecord is what was seen of a connection when it was last checked.
type connRecord struct {
	connSnapshot
	read, write ioCall
	acked       uint64    // bytes that the peer had acknowledged when the server waited for it
	received    uint64    // bytes that had been read
	heard       time.Time // since when there are so many; zero: it was not looked at yet
}

// ioCall is a call to read or to write that was seen, and since when it has been under
// way.
type ioCall struct {
	number uint32
	since  time.Time
}

type recordedConn struct {
	conn trackedConn
	*connRecord
}

// watch checks the connections at regular intervals, until ctx ends, and closes those
// whose peers exceed a limit. That costs a request nothing: no timer is set for it,
// and no clock is read.
func (c *conns) watch(ctx context.Context) {
	ticker := time.NewTicker(c.limits.interval())
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			c.checkAll(c.list())
			c.checkTunnels()
			c.tellAll()
			c.wakeQueued()
		}
	}
}

func (c *conns) checkAll(list []recordedConn) {
	c.recordsMu.Lock()
	defer c.recordsMu.Unlock()
	now := time.Now()
	for _, r := range list {
		c.check(r, now)
	}
}

// check ends what takes too long. The server waits for a peer only while it is in a
// call that reads from the connection or writes to it, and never while the handler
// neither reads nor writes.
func (c *conns) check(r recordedConn, now time.Time) {
	s, l := r.conn.state(), c.limits
	if s.closed.Load() {
		return
	}
	word := s.word.Load()
	if word != r.word {
		r.connSnapshot = connSnapshot{word, now}
	}
	unchanged := now.Sub(r.since)
	if h := s.http2.Load(); h != nil {
		c.checkHTTP2(r, h, word, unchanged, now)
		return
	}
	switch word & stateMask {
	case stateIdle:
		switch unused := word < seq; {
		case unused && l.head > 0 && unchanged >= l.head:
			c.counts.head.Add(1)
			cut(r.conn)
		case !unused && l.idle > 0 && unchanged >= l.idle && !hasPendingInput(r.conn) && s.refuseInput(word):
			// As in a drain: a request may be on its way.
			c.counts.idle.Add(1)
			halfClose(r.conn)
		default:
			c.expireIdle(r.conn, word, unchanged)
		}
	case stateHead:
		switch {
		case l.head <= 0 || unchanged < l.head:
		case !s.late.Swap(true):
			c.counts.head.Add(1)
			if !c.answersLate || r.conn.SetWriteDeadline(now.Add(answerTime)) != nil || r.conn.SetReadDeadline(past()) != nil {
				cut(r.conn)
			}
		case unchanged >= l.head+answerTime:
			cut(r.conn)
		}
	case stateHalfClosed:
		if unchanged >= lingerTime {
			cut(r.conn)
		}
	case stateActive:
		if r.read.exceeds(s.reads.Load(), now, l.body) {
			c.counts.body.Add(1)
			_ = r.conn.SetReadDeadline(past())
		}
		c.checkWrite(r, now, l.response)
	}
	c.checkRead(r, now)
}

// answerTime is how long the answer to a head that came late may take.
const answerTime = time.Second

func past() time.Time { return time.Unix(1, 0) }

// isUnderWay reports whether the call that was seen has not returned yet.
func (k *ioCall) isUnderWay(number uint32) bool { return number == k.number && number&1 != 0 }

// exceeds reports whether the call that was seen has taken at least limit. It reports
// that once for each limit that has passed.
func (k *ioCall) exceeds(number uint32, now time.Time, limit time.Duration) bool {
	if number != k.number {
		*k = ioCall{number, now}
	}
	if limit <= 0 || number&1 == 0 || now.Sub(k.since) < limit {
		return false
	}
	k.since = now
	return true
}

// abort ends a connection whose peer does not read. What the system has still buffered
// for the peer is dropped.
func abort(conn trackedConn) {
	if tcp, ok := wireOf(conn).(interface{ SetLinger(int) error }); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.SetWriteDeadline(past())
}
