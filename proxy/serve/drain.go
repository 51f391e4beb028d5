package serve

import (
	"context"
	"time"
)

// drainer closes the connections of a server that drains, in stages, so that no
// request and no response is lost that was sent in time (RFC 9112 section 9.6).
//
// A client may send a request at the very moment in which its idle connection is
// closed, and the server cannot know that. But most connections that are in use get
// a request soon: the server waits for it, and its response says that the connection
// closes. A connection that stays idle for longer is half-closed (FIN). Anything
// that the client sent before it saw the FIN is read and discarded, so that the
// client gets EOF and not a reset.
type drainer struct {
	idleGrace time.Duration
	seen      map[trackedConn]connSnapshot
}

// connSnapshot is the state of a connection when it was last checked, and since when
// the connection has been in it.
type connSnapshot struct {
	word  uint64 // of its connState
	since time.Time
}

// lingerTime is how long the server reads from a half-closed connection: longer than
// a packet takes there and back.
const lingerTime = 200 * time.Millisecond

// drain waits until all connections have ended or ctx ends. A connection that stays
// idle for idleGrace from now on is closed. drain returns ctx's error if ctx ended
// before a request did.
func (c *conns) drain(ctx context.Context, idleGrace time.Duration) error {
	ticker := time.NewTicker(min(max(idleGrace/10, time.Millisecond), 20*time.Millisecond))
	defer ticker.Stop()
	d := drainer{idleGrace: idleGrace, seen: map[trackedConn]connSnapshot{}}
	for {
		list := c.list()
		if len(list) == 0 {
			return nil
		}
		for _, r := range list {
			d.check(r.conn, time.Now())
		}
		c.checkAll(list) // closes connections whose client exceeds a limit
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

// check closes a connection, or one direction of it, when it is time.
func (d *drainer) check(conn trackedConn, now time.Time) {
	word := conn.state().word.Load()
	last, known := d.seen[conn]
	if !known || last.word != word {
		last = connSnapshot{word, now}
		d.seen[conn] = last
	}
	if h := conn.state().http2.Load(); h != nil {
		h.retire(d.idleGrace, now.Sub(last.since))
		return
	}
	switch unchanged := now.Sub(last.since); word & stateMask {
	case stateIdle:
		if unchanged >= d.idleGrace && !hasPendingInput(conn) && conn.state().refuseInput(word) {
			halfClose(conn)
		}
	case stateHalfClosed:
		if unchanged >= lingerTime {
			cut(conn)
		}
	}
}

// closeIdle closes the connections without a request at once, and returns how many
// have one.
func closeIdle(list []recordedConn) (active int) {
	for _, r := range list {
		if s := r.conn.state(); s.refuseInput(s.word.Load()) || s.word.Load()&stateMask == stateHalfClosed {
			cut(r.conn)
		} else {
			active++
		}
	}
	return active
}
