package h1

import (
	"errors"
	"os"
	"time"
)

const (
	quietAfter = time.Second      // idle for less: taken to be alive
	quietWait  = time.Millisecond // how long reading may take to find out
)

// quietByReading is for connections that do not let us look without reading:
// what is read was not asked for, so nothing is lost with it.
func (c *conn) quietByReading(idle time.Duration) bool {
	if idle < quietAfter {
		return true
	}
	c.watch.deadline = time.Now().Add(quietWait)
	if c.nc.SetReadDeadline(c.watch.deadline) != nil {
		return false
	}
	var one [1]byte
	n, err := c.nc.Read(one[:])
	return n == 0 && errors.Is(err, os.ErrDeadlineExceeded)
}
