package h2

import (
	"time"

	"github.com/meshhop/meshhop/internal/h2wire"
)

// going is how far a connection has said that it ends.
type going uint8

const (
	announced going = iota + 1 // no more requests should be sent
	gone                       // which was the last
)

// drainTimeout bounds how long a peer may take to answer the PING by which a round trip is
// measured.
const drainTimeout = 2 * time.Second

// drainPing is the data of that PING.
const drainPing = "draining"

// drain announces that the connection takes no more requests. Those that are under way to
// it are still served: only when the peer has answered a PING it can know.
func (c *conn) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.going != 0 || c.closed {
		return
	}
	c.going, c.drainSince = announced, time.Now()
	c.room()
	c.out = h2wire.AppendGoAway(c.out, h2wire.MaxStream, h2wire.NoError, "")
	c.out = h2wire.AppendPing(c.out, false, []byte(drainPing))
	c.startWriter()
}

// lastGoAway says which request was the last, with c.mu held.
func (c *conn) lastGoAway() {
	if c.going != announced || c.closed {
		return
	}
	c.going = gone
	c.room()
	c.out = h2wire.AppendGoAway(c.out, c.last, h2wire.NoError, "")
	c.startWriter()
}

// endIfGone ends the reading of a connection that has no request left and takes no more,
// with c.mu held.
func (c *conn) endIfGone() {
	if c.going == gone && len(c.streams) == 0 && !c.writing && !c.closed {
		_ = c.nc.SetReadDeadline(passed())
	}
}
