// Package tally counts what package traffic tells: totals since the start, and histograms
// of all time and of the last minute.
package tally

import (
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/internal/traffic"
)

// Conns counts connections. Make one with [NewConns]. It is safe for concurrent use.
type Conns struct {
	born                           time.Time
	opened, closed, received, sent atomic.Uint64
	lasted                         histogram.Histogram
	requests, in, out              amounts
}

// NewConns returns counters at zero.
func NewConns() *Conns { return &Conns{born: time.Now()} }

var _ traffic.Conns = (*Conns)(nil)

// Opened implements traffic.Conns.
func (c *Conns) Opened() { c.opened.Add(1) }

// Moved implements traffic.Conns.
func (c *Conns) Moved(received, sent uint64) {
	c.received.Add(received)
	c.sent.Add(sent)
}

// Closed implements traffic.Conns.
func (c *Conns) Closed(conn traffic.Conn) {
	at := conn.At.Sub(c.born)
	c.lasted.Record(at, conn.Lasted)
	c.requests.record(at, conn.Requests)
	c.in.record(at, conn.Received)
	c.out.record(at, conn.Sent)
	c.closed.Add(1) // last: who sees it finds the others
}

// ConnTotals are what a [Conns] had counted at one moment.
type ConnTotals struct {
	Opened, Closed uint64
	Received, Sent uint64 // bytes

	// Of each connection that has closed.
	Lasted            histogram.Snapshot
	Requests, In, Out histogram.Snapshot // each number counted as histogram.Once
}

// Read returns what was counted until now.
func (c *Conns) Read() ConnTotals {
	closed := c.closed.Load() // first, because a connection is opened before it is closed
	at := time.Since(c.born)
	t := ConnTotals{Opened: c.opened.Load(), Closed: closed, Received: c.received.Load(), Sent: c.sent.Load()}
	if closed > 0 { // reading nothing takes as long as reading much
		t.Lasted, t.Requests = c.lasted.Read(at), c.requests.Read(at)
		t.In, t.Out = c.in.Read(at), c.out.Read(at)
	}
	return t
}

// Plus returns the sum of two. It changes neither.
func (t ConnTotals) Plus(more ConnTotals) ConnTotals {
	t.Opened, t.Closed = t.Opened+more.Opened, t.Closed+more.Closed
	t.Received, t.Sent = t.Received+more.Received, t.Sent+more.Sent
	t.Lasted = t.Lasted.Plus(more.Lasted)
	t.Requests = t.Requests.Plus(more.Requests)
	t.In, t.Out = t.In.Plus(more.In), t.Out.Plus(more.Out)
	return t
}
