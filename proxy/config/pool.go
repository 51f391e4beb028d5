package config

import (
	"math"
	"time"

	"github.com/meshhop/meshhop/router"
)

// transportSection is a group of keys about the connections to each endpoint. It sets
// absent keys to their defaults: of two groups that apply to a client, the later one
// replaces the other as a whole, as in Linkerd.
type transportSection struct {
	path string
	at   Position
	set  func(*router.TransportConfig)
}

// readTransport reads hostConnectionPool, clientSession and socketOptions of a client block.
func readTransport(of *Decoder) []transportSection {
	var all []transportSection
	read := func(key string, read func(*Decoder) func(*router.TransportConfig)) {
		if d, ok := of.Group(key); ok {
			all = append(all, transportSection{d.Path(), of.keyPosition(key), read(d)})
			d.Done()
		}
	}
	read("hostConnectionPool", readPool)
	read("clientSession", readSession)
	read("socketOptions", readClientSocketOptions)
	return all
}

func readPool(d *Decoder) func(*router.TransportConfig) {
	c := router.TransportConfig{
		MinIdle:    d.Int("minSize", 0, 0, math.MaxInt32),
		MaxConns:   d.Int("maxSize", math.MaxInt32, 1, math.MaxInt32),
		MaxWaiters: d.Int("maxWaiters", math.MaxInt32, 0, math.MaxInt32),
	}
	// The greatest number is how Linkerd spells no limit.
	switch c.MaxWaiters {
	case math.MaxInt32:
		c.MaxWaiters = 0
	case 0:
		c.MaxWaiters = -1
	}
	if c.MaxConns == math.MaxInt32 {
		c.MaxConns = 0
	}
	if d.Has("idleTimeMs") {
		c.IdleTimeout = time.Duration(d.Int("idleTimeMs", 0, 0, math.MaxInt32)) * time.Millisecond
		if c.IdleTimeout == 0 { // only the connections of minSize are kept
			c.MaxIdle = orNone(c.MinIdle)
		}
	}
	return func(t *router.TransportConfig) {
		t.MinIdle, t.MaxIdle, t.MaxConns, t.MaxWaiters, t.IdleTimeout = c.MinIdle, c.MaxIdle, c.MaxConns, c.MaxWaiters, c.IdleTimeout
	}
}

func readSession(d *Decoder) func(*router.TransportConfig) {
	idle := d.Duration("idleTimeMs", 0, time.Millisecond)
	life := d.Duration("lifeTimeMs", 0, time.Millisecond)
	return func(t *router.TransportConfig) { t.SessionIdleTimeout, t.MaxLifetime = idle, life }
}

// canDo reports whether the hop's client supports what the section asks for; if not, that
// is in the report.
func (b *builder) canDo(s transportSection) bool {
	if b.CheckTransport == nil {
		return true
	}
	var config router.TransportConfig
	s.set(&config)
	return !b.failed(s.at, s.path, b.CheckTransport(config))
}
