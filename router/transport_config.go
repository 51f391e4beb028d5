package router

import (
	"fmt"
	"strings"
	"time"
)

// A TransportConfig says how the transport of one endpoint treats its
// connections. Zero fields mean the defaults given; there is no limit where
// none is. Those of package h1 are meant: see [h1.Config] for what exactly a
// limit does.
type TransportConfig struct {
	// ConnectTimeout bounds the making of a connection. Default 1 s, as in
	// Finagle.
	ConnectTimeout time.Duration

	// MaxConns bounds the connections that there are at a time
	// (hostConnectionPool.maxSize in a Linkerd configuration). A request for
	// which there is none waits for one.
	MaxConns int

	// MaxWaiters bounds the requests that wait; one more fails. Negative:
	// none waits (hostConnectionPool.maxWaiters: 0).
	MaxWaiters int

	// MaxIdle is how many connections are kept for later requests. Negative:
	// none is. Default 1024.
	MaxIdle int

	// MinIdle is how many of those IdleTimeout does not close
	// (hostConnectionPool.minSize).
	MinIdle int

	// IdleTimeout is how long a connection is kept without a request
	// (hostConnectionPool.idleTimeMs). Negative: for ever. Default 90 s, or
	// SessionIdleTimeout if that is set; in Linkerd there is no limit.
	IdleTimeout time.Duration

	// SessionIdleTimeout is the same for all idle connections, those of
	// MinIdle too (clientSession.idleTimeMs). The shorter one counts.
	SessionIdleTimeout time.Duration

	// MaxLifetime is the age from which a connection takes no further request
	// (clientSession.lifeTimeMs).
	MaxLifetime time.Duration
}

// fault is the name and the fault of a field, if one has any.
func (c TransportConfig) fault() (field, reason string) {
	for _, f := range []struct {
		name     string
		negative bool
	}{
		{"ConnectTimeout", c.ConnectTimeout < 0},
		{"MaxConns", c.MaxConns < 0},
		{"MinIdle", c.MinIdle < 0},
		{"SessionIdleTimeout", c.SessionIdleTimeout < 0},
		{"MaxLifetime", c.MaxLifetime < 0},
	} {
		if f.negative {
			return f.name, "is negative"
		}
	}
	return "", ""
}

// CheckHTTPTransport says whether [HTTPTransport] can do what config asks for:
// net/http's client does not bound the requests that wait (MaxWaiters), spares
// no idle connections (MinIdle) and does not know how old one is (MaxLifetime).
// The error names those that are set; it is nil where the transport can do it.
func CheckHTTPTransport(config TransportConfig) error {
	var cannot []string
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"MaxWaiters", config.MaxWaiters != 0},
		{"MinIdle", config.MinIdle != 0},
		{"MaxLifetime", config.MaxLifetime != 0},
	} {
		if f.set {
			cannot = append(cannot, f.name)
		}
	}
	if cannot == nil {
		return nil
	}
	return fmt.Errorf("router: HTTPTransport cannot do %s; H1Transport can", strings.Join(cannot, ", "))
}
