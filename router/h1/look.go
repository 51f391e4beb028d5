package h1

import (
	"errors"
	"os"
	"time"
)

// seen is how a connection looks on which nothing should come.
type seen uint8

const (
	silent  seen = iota // as it should be
	over                // it was closed, or broke
	talking             // something came all the same
)

const (
	quietAfter = time.Second      // idle for less: taken to be alive
	quietWait  = time.Millisecond // how long reading may take to find out
)

// lookByReading is for connections that do not let us look without reading:
// what is read was not asked for, so nothing is lost with it.
func (c *conn) lookByReading(idle time.Duration) seen {
	if idle < quietAfter {
		return silent
	}
	c.watch.deadline = time.Now().Add(quietWait)
	if c.nc.SetReadDeadline(c.watch.deadline) != nil {
		return over
	}
	var one [1]byte
	n, err := c.nc.Read(one[:])
	switch {
	case n > 0:
		return talking
	case errors.Is(err, os.ErrDeadlineExceeded):
		return silent
	}
	return over
}
