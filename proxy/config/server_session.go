package config

import (
	"math"
	"time"

	"github.com/meshhop/meshhop/proxy/serve"
)

// readServerSession reads the group serverSession of a server.
func readServerSession(of *Decoder) (c serve.Config) {
	d, ok := of.Group("serverSession")
	if !ok {
		return c
	}
	c = serve.Config{
		ReadHeaderTimeout: readLimit(d, "headTimeMs"),
		IdleTimeout:       readLimit(d, "idleTimeMs"),
		MaxLifetime:       max(readLimit(d, "lifeTimeMs"), 0),
		BodyTimeout:       readLimit(d, "bodyTimeMs"),
		ResponseTimeout:   readLimit(d, "responseTimeMs"),
		MaxConnections:    d.Int("maxConnections", 0, 1, math.MaxInt32),
	}
	if c.MaxConnections == math.MaxInt32 {
		c.MaxConnections = -1
	}
	d.Done()
	return c
}

// readLimit reads a time limit; the greatest number means no limit.
func readLimit(d *Decoder, key string) time.Duration {
	limit := d.Duration(key, 0, time.Millisecond)
	if limit == math.MaxInt32*time.Millisecond {
		return -1
	}
	return limit
}
