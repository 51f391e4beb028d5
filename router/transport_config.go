package router

import (
	"crypto/tls"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

// A TransportConfig says how the transport of one endpoint treats its connections.
// Zero fields mean the default given, or no limit where no default is given. See
// [h1.Config] for what exactly each limit does.
type TransportConfig struct {
	// ConnectTimeout bounds the making of a connection. Default 1 s, as in
	// Finagle.
	ConnectTimeout time.Duration

	// MaxConns bounds the connections that exist at the same time
	// (hostConnectionPool.maxSize in a Linkerd configuration). A request for
	// which none is free waits for one.
	MaxConns int

	// MaxWaiters bounds the requests that wait for a connection; a further one
	// fails. Negative: no request waits (hostConnectionPool.maxWaiters: 0).
	MaxWaiters int

	// MaxIdle is how many idle connections are kept for later requests. Negative:
	// none is kept. Default 1024.
	MaxIdle int

	// MinIdle is how many of the idle connections IdleTimeout does not close
	// (hostConnectionPool.minSize).
	MinIdle int

	// IdleTimeout is how long a connection is kept without a request
	// (hostConnectionPool.idleTimeMs). Negative: for ever. Default 90 s, or
	// SessionIdleTimeout if that is set; in Linkerd there is no limit.
	IdleTimeout time.Duration

	// SessionIdleTimeout is the same for all idle connections, including those of
	// MinIdle (clientSession.idleTimeMs). The shorter of both limits counts.
	SessionIdleTimeout time.Duration

	// MaxLifetime is the age from which a connection takes no further request
	// (clientSession.lifeTimeMs).
	MaxLifetime time.Duration

	// NoKeepAlive has connections send no keep-alive probes (socketOptions.keepAlive:
	// false).
	NoKeepAlive bool

	// Delay holds small writes back until what was sent before is acknowledged
	// (socketOptions.noDelay: false).
	Delay bool

	// TLS has all connections made secure, as it says (client.tls). It must not be
	// changed afterwards, and a transport that cannot speak TLS must fail. Default: no TLS.
	TLS *tls.Config

	// TLSName is what the certificates of endpoints should be for, for messages. Default:
	// TLS.ServerName.
	TLSName string

	// TLSVersion, if not nil, is a number that changes when TLS makes other connections, as
	// with another certificate. Those made before take no further request.
	TLSVersion *atomic.Uint64

	// Protocol is what is spoken to the endpoint. A transport that cannot speak it must
	// fail. Default: HTTP/1.1.
	Protocol Protocol

	// H2 says how HTTP/2 is spoken.
	H2 H2Config
}

// limits is the configuration without TLS and the protocol.
func (c TransportConfig) limits() TransportConfig {
	c.TLS, c.TLSName, c.TLSVersion = nil, "", nil
	c.Protocol, c.H2 = DefaultProtocol, H2Config{}
	return c
}

// over is the configuration with what another one says of TLS and of the protocol, as far as
// that says anything.
func (c TransportConfig) over(own TransportConfig) TransportConfig {
	if own.TLS != nil {
		c.TLS, c.TLSName, c.TLSVersion = own.TLS, own.TLSName, own.TLSVersion
	}
	if own.Protocol != DefaultProtocol {
		c.Protocol = own.Protocol
	}
	if own.H2 != (H2Config{}) {
		c.H2 = own.H2
	}
	return c
}

// fault returns the name of an invalid field and what is wrong with it.
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
	if c.Protocol > AutoHTTP2 {
		return "Protocol", "is none of those there are"
	}
	return c.H2.fault()
}

// CheckHTTPTransport returns an error if [HTTPTransport] does not support config:
// net/http's client does not bound waiting requests (MaxWaiters), does not keep a
// minimum of idle connections (MinIdle) and does not know the age of a connection
// (MaxLifetime), and HTTPTransport does not speak HTTP/2 (Protocol). The error names those of
// the four fields that are set.
func CheckHTTPTransport(config TransportConfig) error {
	var cannot []string
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"MaxWaiters", config.MaxWaiters != 0},
		{"MinIdle", config.MinIdle != 0},
		{"MaxLifetime", config.MaxLifetime != 0},
		{"HTTP/2", config.Protocol.resolved(false) == HTTP2},
	} {
		if f.set {
			cannot = append(cannot, f.name)
		}
	}
	switch {
	case cannot == nil:
		return nil
	case config.Protocol.resolved(false) == HTTP2:
		return fmt.Errorf("router: HTTPTransport does not support %s; EndpointTransport does", strings.Join(cannot, ", "))
	}
	return fmt.Errorf("router: HTTPTransport does not support %s; H1Transport does", strings.Join(cannot, ", "))
}
