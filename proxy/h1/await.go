package h1

import (
	"crypto/tls"
	"time"
)

// await waits for the first bytes of a request. It reports whether there are any. The
// connection has its buffers then.
func (c *conn) await() bool {
	for retried := false; ; retried = true {
		if c.watch.takeByte() {
			c.buffers = c.server.getBuffers()
			c.In[0], c.W = c.watch.one[0], 1
			return true // it was observed when it was read
		}
		err := c.awaitInput()
		if err == nil {
			break
		}
		c.releaseBuffers()
		if c.parked.leaves {
			return false
		}
		// A deadline may be left from the request before.
		if !isTimeout(err) || retried || c.nc.SetReadDeadline(time.Time{}) != nil {
			return false
		}
	}
	if c.tls == nil {
		if secure, ok := c.nc.(interface{ ConnectionState() tls.ConnectionState }); ok {
			state := secure.ConnectionState() // the handshake is over: something was read
			c.tls = &state
		}
	}
	return true
}

// awaitByReading waits for one byte of a connection that cannot be waited for without a
// buffer, and reads the rest.
func (c *conn) awaitByReading() error {
	if _, err := readSome(c.nc, c.watch.one[:]); err != nil {
		return err
	}
	if !c.observe(0, false) {
		return errNoFill
	}
	c.buffers = c.server.getBuffers()
	c.In[0], c.W = c.watch.one[0], 1
	return nil
}
