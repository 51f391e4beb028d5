package config

import (
	"math"
	"time"

	"github.com/meshhop/meshhop/proxy/serve"
)

// Session is for how long a server waits for its clients, and for how many of
// them at a time; see serve.Config, whose zero fields and negative ones
// mean the same.
type Session struct {
	HeadTimeout, IdleTimeout, BodyTimeout, ResponseTimeout time.Duration
	MaxConnections                                         int
}

// Set has a server keep to it.
func (s Session) Set(c *serve.Config) {
	c.ReadHeaderTimeout, c.IdleTimeout, c.BodyTimeout, c.ResponseTimeout = s.HeadTimeout, s.IdleTimeout, s.BodyTimeout, s.ResponseTimeout
	c.MaxConnections = s.MaxConnections
}

// readServerSession reads the group serverSession of a server.
func readServerSession(of *Decoder) (s Session) {
	d, ok := of.Group("serverSession")
	if !ok {
		return s
	}
	s = Session{
		HeadTimeout:     readLimit(d, "headTimeMs"),
		IdleTimeout:     readLimit(d, "idleTimeMs"),
		BodyTimeout:     readLimit(d, "bodyTimeMs"),
		ResponseTimeout: readLimit(d, "responseTimeMs"),
		MaxConnections:  d.Int("maxConnections", 0, 1, math.MaxInt32),
	}
	if s.MaxConnections == math.MaxInt32 {
		s.MaxConnections = -1
	}
	d.Unsupported("", "lifeTimeMs")
	d.Done()
	return s
}

// readLimit reads a time; the greatest number says that there is no limit.
func readLimit(d *Decoder, key string) time.Duration {
	limit := d.Duration(key, 0, time.Millisecond)
	if limit == math.MaxInt32*time.Millisecond {
		return -1
	}
	return limit
}
