package serve

import (
	"context"
	"time"

	"github.com/meshhop/meshhop/internal/httpx"
)

// record is what was seen of a connection when it was last looked at.
type record struct {
	sight
	in, out call
	acked   uint64 // of what the peer acknowledged, while it was waited for
}

// call is a call to read or to write that was seen, and since when.
type call struct {
	number uint32
	since  time.Time
}

type recorded struct {
	conn tracked
	*record
}

// watch looks at the connections every so often and ends those of peers that
// are waited for too long, until ctx ends. That costs a request nothing: no
// timers, and no look at a clock.
func (c *conns) watch(ctx context.Context) {
	ticker := time.NewTicker(c.limits.interval())
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			c.sweep(c.list())
			c.hurry()
		}
	}
}

func (c *conns) sweep(list []recorded) {
	c.looking.Lock()
	defer c.looking.Unlock()
	now := time.Now()
	for _, r := range list {
		c.look(r, now)
	}
}

// look ends what takes too long. A peer is waited for only while the server is
// in a call that reads from it, or in one that writes to it, and never while
// the handler is silent.
func (c *conns) look(r recorded, now time.Time) {
	life, l := r.conn.alive(), c.limits
	if life.closed.Load() {
		return
	}
	word := life.word.Load()
	if word != r.word {
		r.sight = sight{word, now}
	}
	still := now.Sub(r.since)
	switch word & doing {
	case waiting:
		switch fresh := word < another; {
		case fresh && l.head > 0 && still >= l.head:
			c.counts.head.Add(1)
			r.conn.Close()
		case !fresh && l.idle > 0 && still >= l.idle && quiet(r.conn) && life.leave(word):
			// As in a departure: a request may be on its way.
			c.counts.idle.Add(1)
			httpx.CloseWrite(r.conn)
		}
	case heading:
		if l.head > 0 && still >= l.head {
			c.counts.head.Add(1)
			r.conn.Close()
		}
	case leaving:
		if still >= lingering {
			r.conn.Close()
		}
	case serving:
		if r.in.within(life.in.Load(), now, l.body) {
			c.counts.body.Add(1)
			_ = r.conn.SetReadDeadline(past)
		}
		switch out := life.out.Load(); {
		case l.response > 0 && r.out.lasts(out) && moved(r.conn, r.record):
			r.out.since = now // the limit counts from its last byte
		case r.out.within(out, now, l.response):
			c.counts.response.Add(1)
			abandon(r.conn)
		}
	}
}

var past = time.Unix(1, 0)

// lasts says whether it is the call that was seen, and still waits.
func (k *call) lasts(number uint32) bool { return number == k.number && number&1 != 0 }

// within says whether the same call takes at least limit. It says so once.
func (k *call) within(number uint32, now time.Time, limit time.Duration) bool {
	if number != k.number {
		*k = call{number, now}
	}
	if limit <= 0 || number&1 == 0 || now.Sub(k.since) < limit {
		return false
	}
	k.since = now
	return true
}

// abandon ends a connection whose peer does not take what is there for it. What
// the system still has of that is given up, too.
func abandon(t tracked) {
	if tcp, ok := t.(*tcpConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = t.SetWriteDeadline(past)
}
