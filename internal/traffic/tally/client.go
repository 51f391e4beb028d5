package tally

import (
	"sync/atomic"
	"time"

	"github.com/meshhop/meshhop/internal/handshake"
	"github.com/meshhop/meshhop/internal/histogram"
	"github.com/meshhop/meshhop/internal/traffic"
)

// Client counts the connections of a client. Make one with [NewClient]. It is safe for
// concurrent use.
type Client struct {
	Conns
	handshakes        handshake.Counts
	cancelled, dialed atomic.Uint64 // dialed: with an end that has a time
	connected, failed histogram.Histogram
}

// NewClient returns counters at zero.
func NewClient() *Client { return &Client{Conns: Conns{born: time.Now()}} }

var _ traffic.Client = (*Client)(nil)

// Dialed implements traffic.Client.
func (c *Client) Dialed(d traffic.Dial) {
	if d.End != traffic.Cancelled {
		c.dialed.Add(1)
	}
	switch at := d.At.Sub(c.born); d.End {
	case traffic.Connected:
		c.connected.Record(at, d.Took)
	case traffic.Failed:
		c.failed.Record(at, d.Took)
	case traffic.Cancelled:
		c.cancelled.Add(1)
	}
}

// Handshakes counts those of TLS.
func (c *Client) Handshakes() *handshake.Counts { return &c.handshakes }

// ClientTotals are what a [Client] had counted at one moment.
type ClientTotals struct {
	ConnTotals
	Connected, Failed histogram.Snapshot // how long it took
	Cancelled         uint64
	Handshakes        handshake.Totals // of TLS
}

// Read returns what was counted until now.
func (c *Client) Read() ClientTotals {
	at := time.Since(c.born)
	t := ClientTotals{ConnTotals: c.Conns.Read(), Cancelled: c.cancelled.Load(), Handshakes: c.handshakes.Read()}
	if c.dialed.Load() > 0 {
		t.Connected, t.Failed = c.connected.Read(at), c.failed.Read(at)
	}
	return t
}

// Plus returns the sum of two. It changes neither.
func (t ClientTotals) Plus(more ClientTotals) ClientTotals {
	t.ConnTotals = t.ConnTotals.Plus(more.ConnTotals)
	t.Connected, t.Failed = t.Connected.Plus(more.Connected), t.Failed.Plus(more.Failed)
	t.Cancelled += more.Cancelled
	t.Handshakes = t.Handshakes.Plus(more.Handshakes)
	return t
}
