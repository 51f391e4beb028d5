package h1

import (
	"errors"
	"os"
	"time"
)

// liveness is the state of a connection on which nothing should arrive.
type liveness uint8

const (
	alive   liveness = iota // open, and nothing arrived
	dead                    // closed or broken
	unasked                 // bytes arrived that no request asked for
)

const (
	// readCheckAfter is the idle time below which a connection that cannot be peeked
	// at counts as alive.
	readCheckAfter = time.Second
	// readCheckFor is how long the check of such a connection reads.
	readCheckFor = time.Millisecond
)

// checkByReading checks a connection that cannot be peeked at. The byte that it may read
// is one that no request asked for, so that nothing is lost.
func (c *conn) checkByReading(idle time.Duration) liveness {
	if idle < readCheckAfter {
		return alive
	}
	return c.readUntil(time.Now().Add(readCheckFor))
}

// checkSecure checks a connection with TLS. Bytes that have arrived may be of TLS alone,
// such as a ticket or the word that it ends, so they are read.
func (c *conn) checkSecure(below liveness) liveness {
	switch below {
	case dead:
		return dead
	case alive: // what TLS has read ahead is left
		return c.readUntil(passed)
	}
	return c.readUntil(time.Now().Add(readCheckFor))
}

// readUntil finds out by reading whether something has arrived.
func (c *conn) readUntil(deadline time.Time) liveness {
	c.watch.deadline = deadline
	if c.nc.SetReadDeadline(c.watch.deadline) != nil {
		return dead
	}
	var one [1]byte
	n, err := c.nc.Read(one[:])
	c.account.Read(n)
	switch {
	case n > 0:
		return unasked
	case errors.Is(err, os.ErrDeadlineExceeded):
		return alive
	}
	return dead
}
